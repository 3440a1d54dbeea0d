import { deadLetterTopic } from '@parley/contracts';
import { type CommitTicket } from './commit-ticket.js';
import { type Outgoing } from './outgoing.js';

export interface DeadLetter {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly index: number;
  readonly timestamp: number;
  /** Cut off where `valueTruncated` is true. */
  readonly value: string | null;
  readonly valueTruncated?: true;
  /** Why it could not be handled. */
  readonly reason: string;
  readonly handler: string;
  readonly attempts: number;
}

/** A character takes up to six bytes in JSON, and a record holds a million of them. */
const MAX_VALUE_LENGTH = 150_000;
const MAX_REASON_LENGTH = 2_000;

/** Puts aside for people what cannot be handled; its original position finds it again. */
export function toDeadLetter(letter: DeadLetter, key: string | null, ticket: CommitTicket): Outgoing {
  const topic = deadLetterTopic(letter.topic).name;
  const value = JSON.stringify(cut(letter));
  return { topic, ...(key === null ? {} : { key }), value, ticket, inbox: null };
}

/** A letter that no topic takes would be published again for ever, and no offset after it committed. */
function cut(letter: DeadLetter): DeadLetter {
  const reason = letter.reason.slice(0, MAX_REASON_LENGTH);
  if (letter.value === null || letter.value.length <= MAX_VALUE_LENGTH) return { ...letter, reason };
  return { ...letter, reason, value: letter.value.slice(0, MAX_VALUE_LENGTH), valueTruncated: true };
}
