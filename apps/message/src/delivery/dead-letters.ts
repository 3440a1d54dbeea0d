import { deadLetterTopic } from '@parley/contracts';
import { type CommitTicket } from './commit-ticket.js';
import { type Outgoing } from './outgoing.js';

export interface DeadLetter {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly index: number;
  readonly timestamp: number;
  readonly value: string | null;
  /** Why it could not be handled. */
  readonly reason: string;
  readonly handler: string;
  readonly attempts: number;
}

/** Puts aside for people what cannot be handled; its original position finds it again. */
export function toDeadLetter(letter: DeadLetter, key: string | null, ticket: CommitTicket): Outgoing {
  const topic = deadLetterTopic(letter.topic).name;
  return { topic, ...(key === null ? {} : { key }), value: JSON.stringify(letter), ticket, inbox: null };
}
