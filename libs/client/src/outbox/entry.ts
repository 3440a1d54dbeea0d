import { type ErrorBody } from '@parley/contracts';
import { RequestFailed } from '../failure.js';
import { type Attempt, commandIdOf } from './commands.js';

/** A command that is not done, as it is kept in the store and told to other tabs. */
export interface OutboxEntry extends Attempt {
  readonly id: string;
  /** Counts up, whatever the clock does: what was written first goes out first, after a restart too. */
  readonly order: number;
  /** Who wrote it, and in whose session it goes out; absent where nobody was known yet. */
  readonly userId?: string;
  /** Set where it came to nothing: it stays until it is tried again or discarded. */
  readonly failure?: Failure;
  /** The key of the failed one that this is tried instead of: where both are kept, only this one counts. */
  readonly replaces?: string;
}

export interface Failure {
  readonly error: ErrorBody;
  readonly final: boolean;
}

/** What became of a command. */
export type Result = { readonly data: unknown } | { readonly failure: Failure };

export interface OutboxObserver {
  /** Waits to be sent, in this tab or another one, and is kept by now. */
  queued(entry: OutboxEntry): void;
  settled(entry: OutboxEntry, result: Result): void;
  /** A failed one that nobody wants any more. */
  discarded(entry: OutboxEntry): void;
}

/** What tabs tell each other. */
export type TabMessage =
  | { readonly kind: 'queued'; readonly entry: OutboxEntry; readonly again: boolean }
  | { readonly kind: 'settled'; readonly entry: OutboxEntry; readonly result: Result }
  | { readonly kind: 'discarded'; readonly entry: OutboxEntry }
  | { readonly kind: 'leading' };

export const ENTRIES = 'outbox/';

export const keyOf = ({ order, id }: OutboxEntry): string =>
  `${ENTRIES}${String(order).padStart(15, '0')}-${id}`;

export const entryOf = (attempt: Attempt, order: number, replaced?: OutboxEntry): OutboxEntry => ({
  ...attempt,
  id: commandIdOf(attempt),
  order,
  ...(replaced ? { replaces: keyOf(replaced) } : {}),
});

export const failureOf = (error: unknown): Failure => {
  if (error instanceof RequestFailed) return { error: error.body, final: error.final };
  throw error;
};

/** The entry as it is to be kept, if it is: a message that failed can be tried again. */
export const keptOf = (entry: OutboxEntry, result: Result): OutboxEntry | undefined =>
  'failure' in result && entry.command === 'message.send' ? { ...entry, failure: result.failure } : undefined;
