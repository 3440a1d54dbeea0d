import { type InboxAddress } from './outgoing.js';

/** Who is connected, as far as delivery has to know. */
export interface ConnectedSessions {
  /** Goes up whenever some session began or ended. */
  readonly revision: number;
  /** Live sessions of a user; `life` is the same object for all sessions that one gateway holds. */
  sessionsOf(userId: string): readonly { readonly life: InboxAddress; readonly counter: number }[];
}

/** Members of a conversation; another `membership` where they are others. */
export interface RoutedMembers {
  readonly membership: number;
  readonly members: ReadonlyMap<string, unknown>;
}

/** The recipients that one gateway holds: one delivery record. */
export interface Route {
  readonly slot: string;
  readonly incarnation: number;
  /** JSON array of session counters. */
  readonly recipients: string;
  /** The recipient, where it is only one. */
  readonly only: number | null;
}

interface CachedRoutes {
  readonly membership: number;
  readonly revision: number;
  readonly routes: readonly Route[];
}

/** Keeps a delivery record of many recipients below the 900 KB that a broker takes with room to spare. */
const RECIPIENTS_PER_ROUTE = 50_000;

/** Which gateways hold the sessions of a conversation's members. A steady group costs a lookup, however large it is. */
export class Routes {
  private readonly cached = new WeakMap<RoutedMembers, CachedRoutes>();

  constructor(private readonly sessions: ConnectedSessions) {}

  toAllMembers(state: RoutedMembers): readonly Route[] {
    const known = this.cached.get(state);
    const { revision } = this.sessions;
    if (known?.membership === state.membership && known.revision === revision) return known.routes;
    const routes = this.toUsers(state.members.keys());
    this.cached.set(state, { membership: state.membership, revision, routes });
    return routes;
  }

  toUsers(userIds: Iterable<string>): readonly Route[] {
    const holders = new Map<InboxAddress, number[]>();
    for (const userId of userIds) {
      for (const { life, counter } of this.sessions.sessionsOf(userId)) {
        const counters = holders.get(life);
        if (counters === undefined) holders.set(life, [counter]);
        else counters.push(counter);
      }
    }
    const routes: Route[] = [];
    for (const [{ slot, incarnation }, counters] of holders) {
      for (let from = 0; from < counters.length; from += RECIPIENTS_PER_ROUTE) {
        const part = counters.slice(from, from + RECIPIENTS_PER_ROUTE);
        const only = part.length === 1 ? (part[0] ?? null) : null;
        routes.push({ slot, incarnation, recipients: `[${part.join(',')}]`, only });
      }
    }
    return routes;
  }
}
