import { type DedicatedConnection } from './dedicated-connection.js';
import { isDataError, isUniqueViolation } from './database-errors.js';
import { insertMessages, type SendRun } from './insert-messages.js';
import { type ReceivedSend } from '../inbound/received-command.js';

export interface StoredRuns {
  /** Whose messages have the next seqs of their conversations now. */
  readonly stored: SendRun[];
  /** Nothing of these was stored, as far as is known: the conversation has to be looked at anew. */
  readonly stale: SendRun[];
  /** Content that the database refuses, whatever it stands beside. */
  readonly unstorable: { readonly received: ReceivedSend; readonly error: Error }[];
  /** The database did not answer, or not as it should. */
  readonly failures: unknown[];
}

/** Stores what can be stored. Content that spoils a batch is found by halving the batch until it is alone. */
export async function storeRuns(
  connection: DedicatedConnection,
  runs: readonly SendRun[],
): Promise<StoredRuns> {
  try {
    const stale = await connection.use((database) => insertMessages(database, runs));
    return {
      stored: runs.filter(({ state }) => !stale.has(state.id)),
      stale: runs.filter(({ state }) => stale.has(state.id)),
      unstorable: [],
      failures: [],
    };
  } catch (error) {
    return isDataError(error) || isUniqueViolation(error)
      ? storeInParts(connection, runs, error as Error)
      : { stored: [], stale: [...runs], unstorable: [], failures: [error] };
  }
}

async function storeInParts(
  connection: DedicatedConnection,
  runs: readonly SendRun[],
  error: Error,
): Promise<StoredRuns> {
  const [only] = runs;
  if (runs.length > 1) {
    const middle = runs.length >> 1;
    const first = await storeRuns(connection, runs.slice(0, middle));
    return join(first, await storeRuns(connection, runs.slice(middle)));
  }
  if (only === undefined || isUniqueViolation(error)) {
    return { stored: [], stale: [...runs], unstorable: [], failures: [error] };
  }
  const [received] = only.sends;
  if (received === undefined || only.sends.length === 1) {
    return { stored: [], stale: [], unstorable: received ? [{ received, error }] : [], failures: [] };
  }
  // The second half of a run follows on the first: it waits in its queue until that one is decided.
  const half = only.sends.slice(0, only.sends.length >> 1);
  return storeRuns(connection, [{ state: only.state, sends: half }]);
}

function join(a: StoredRuns, b: StoredRuns): StoredRuns {
  return {
    stored: [...a.stored, ...b.stored],
    stale: [...a.stale, ...b.stale],
    unstorable: [...a.unstorable, ...b.unstorable],
    failures: [...a.failures, ...b.failures],
  };
}
