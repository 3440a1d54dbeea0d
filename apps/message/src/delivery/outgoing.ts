import { inboxTopic } from '@parley/contracts';
import { type OutgoingRecord } from '@parley/event-bus';
import { type CommitTicket } from './commit-ticket.js';

/** A process's inbox in one of its lives: what is sent there is of no use once that life has ended. */
export interface InboxAddress {
  readonly slot: string;
  readonly incarnation: number;
}

/** A record that follows from a command, on its way out. */
export interface Outgoing extends OutgoingRecord {
  readonly ticket: CommitTicket;
  readonly inbox: InboxAddress | null;
}

const topicNames = new Map<string, string>();

export function toInbox(inbox: InboxAddress, value: string, ticket: CommitTicket): Outgoing {
  let topic = topicNames.get(inbox.slot);
  if (topic === undefined) topicNames.set(inbox.slot, (topic = inboxTopic(inbox.slot).name));
  return { topic, value, ticket, inbox };
}
