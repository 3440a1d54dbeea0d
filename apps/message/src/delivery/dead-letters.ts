import { type FailedRecord, toDeadLetterRecord } from '@parley/event-bus';
import { type CommitTicket } from './commit-ticket.js';
import { type Outgoing } from './outgoing.js';

/** Puts aside for people what cannot be handled; its command counts as done when the letter is written. */
export function toDeadLetter(failed: FailedRecord, ticket: CommitTicket): Outgoing {
  return { ...toDeadLetterRecord(failed), ticket, inbox: null };
}
