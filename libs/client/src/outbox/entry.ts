import { type ErrorBody } from '@parley/contracts';
import { RequestFailed } from '../failure.js';
import { type Attempt, commandIdOf } from './commands.js';

/** A command that is not done, as it is kept in the store and told to other tabs. */
export interface OutboxEntry extends Attempt {
  readonly id: string;
  /** Counts up, whatever the clock does: what was written first goes out first, after a restart too. */
  readonly order: number;
  /** Set where it came to nothing: it stays until it is tried again or discarded. */
  readonly failure?: Failure;
  /** The key of the failed one that this is tried instead of: where both are kept, only this one counts. */
  readonly replaces?: string;
}

export interface Failure {
  readonly error: ErrorBody;
  readonly final: boolean;
}

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
