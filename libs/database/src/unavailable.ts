import { type Outcome, Refusal } from '@parley/contracts';
import { isTransientDatabaseError } from './transient.js';

/**
 * What the caller is told while the database is away; any other error as it is.
 * @param outcome `unknown` where a commit may have been under way: it does not say whether it happened
 */
export function unavailableIfTransient(error: unknown, outcome: Outcome): unknown {
  if (error instanceof Refusal || !isTransientDatabaseError(error)) return error;
  return new Refusal('UNAVAILABLE', 'The database is away at the moment: try again.', {
    outcome,
    retryAfterMs: 1_000,
    cause: error,
  });
}
