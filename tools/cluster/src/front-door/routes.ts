/** `host:port` of one process. */
export type Upstream = string;

export interface Route {
  /** Each matches itself and whatever lies below it. */
  prefixes: readonly string[];
  upstreams: readonly Upstream[];
}

export const GATEWAY_PREFIXES = ['/socket.io'];
export const PRESENCE_PREFIXES = ['/v1/presence'];
export const MESSAGE_PREFIXES = ['/v1/auth', '/v1/users', '/v1/conversations', '/v1/sync', '/.well-known'];

/** How long a process that refused a connection is tried last. */
const AVOIDED_FOR_MS = 1000;

/** Decides which processes a request may go to, and in which order they are tried. */
export class Routes {
  private readonly turns = new Map<Route, number>();
  private readonly avoidedUntil = new Map<Upstream, number>();

  constructor(private readonly routes: readonly Route[]) {}

  /** Undefined: no service answers this path. */
  candidates(url: string, now = Date.now()): Upstream[] | undefined {
    const [path = '/'] = url.split('?');
    const route = this.routes.find(({ prefixes }) =>
      prefixes.some((prefix) => path === prefix || path.startsWith(`${prefix}/`)),
    );
    if (route === undefined) return undefined;
    const turn = this.turns.get(route) ?? 0;
    this.turns.set(route, turn + 1);
    const first = turn % Math.max(1, route.upstreams.length);
    const inTurn = [...route.upstreams.slice(first), ...route.upstreams.slice(0, first)];
    const avoided = (upstream: Upstream) => (this.avoidedUntil.get(upstream) ?? 0) > now;
    return [...inTurn.filter((upstream) => !avoided(upstream)), ...inTurn.filter(avoided)];
  }

  refused(upstream: Upstream, now = Date.now()): void {
    this.avoidedUntil.set(upstream, now + AVOIDED_FOR_MS);
  }
}
