import { type ClientBase, type Pool } from 'pg';

/** A time after which a connection that says nothing is given up, milliseconds; the server's own limits are below it. */
export const SILENCE_TIMEOUT_MS = 15_000;

/** Commits when `work` resolves, rolls back when it rejects. A connection that breaks is not used again. */
export async function inTransaction<T>(pool: Pool, work: (database: ClientBase) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // pg reports a lost connection here too, besides failing the query; unheard, it would end the process.
  const note = (error: Error): void => void (broken = error);
  client.on('error', note);
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    if (broken === undefined) {
      await client.query('ROLLBACK').catch((rollback: Error) => void (broken = rollback));
    }
    throw error;
  } finally {
    client.off('error', note);
    client.release(broken);
  }
}
