import { type ConversationEventName, encodeConversationEvent, type Origin, topics } from '@parley/contracts';
import { encodeDelivery, encodeReply } from '@parley/contracts/inbox';
import { type ConversationState } from '../conversations/conversation-state.js';
import { type CommitTicket } from './commit-ticket.js';
import { type Outgoing, toInbox } from './outgoing.js';
import { type Route, type Routes } from './routes.js';

/** An event, and who is told. */
export interface Announcement {
  /** After the change. */
  readonly state: ConversationState;
  readonly event: ConversationEventName;
  readonly version: number;
  /** JSON of the event. */
  readonly body: string;
  /** For events about a message: its place, and the event without it for members who may not see it. */
  readonly message?: { readonly seq: number; readonly hiddenBody: () => string };
  /** Who has just left: told of it, and of nothing after it. */
  readonly leavers?: readonly string[];
  readonly actorId: string;
  /** ISO 8601. */
  readonly occurredAt: string;
  /** The session whose ack carries the same row. */
  readonly except: Origin | null;
}

/** Turns what was decided into records: replies to the askers, one delivery per gateway, and the public event. */
export class Announcer {
  constructor(private readonly routes: Routes) {}

  reply(origin: Origin, ack: string, ticket: CommitTicket): Outgoing {
    return toInbox(origin, encodeReply(origin.incarnation, origin.request, ack), ticket);
  }

  /** Appends to `records`. */
  announce(announcement: Announcement, ticket: CommitTicket, records: Outgoing[]): void {
    const { state, event, body, actorId, occurredAt, message } = announcement;
    if (announcement.leavers || !state.isForAllMembers(announcement.version, message?.seq ?? Infinity)) {
      this.deliverApart(announcement, ticket, records);
    } else {
      deliver(this.routes.toAllMembers(state), announcement, body, ticket, records);
    }
    records.push({
      topic: topics.conversationEvents.name,
      key: state.id,
      value: encodeConversationEvent({ event, occurredAt, actorId }, body),
      ticket,
      inbox: null,
    });
  }

  /** The rare case: some members joined later, may not see that message, or have left. */
  private deliverApart(announcement: Announcement, ticket: CommitTicket, records: Outgoing[]): void {
    const { state, version, body, message, leavers = [] } = announcement;
    const seeing = new Set(leavers);
    const blind: string[] = [];
    for (const [userId, member] of state.members) {
      if (member.joinedVersion > version) continue;
      if (message !== undefined && member.visibleFromSeq > message.seq) blind.push(userId);
      else seeing.add(userId);
    }
    deliver(this.routes.toUsers(seeing), announcement, body, ticket, records);
    if (message === undefined || blind.length === 0) return;
    deliver(this.routes.toUsers(blind), announcement, message.hiddenBody(), ticket, records);
  }
}

function deliver(
  routes: readonly Route[],
  { event, except }: Announcement,
  body: string,
  ticket: CommitTicket,
  records: Outgoing[],
): void {
  for (const route of routes) {
    const { incarnation, recipients, only } = route;
    const here = except?.slot === route.slot && except.incarnation === incarnation ? except.session : null;
    if (here !== null && here === only) continue;
    records.push(toInbox(route, encodeDelivery(incarnation, recipients, here, event, body), ticket));
  }
}
