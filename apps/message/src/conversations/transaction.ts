import { type ClientBase, type Pool } from 'pg';
import { LeasedClient } from './leased-client.js';

/** Commits when `work` resolves, rolls back when it rejects. */
export async function inTransaction<T>(
  pool: Pool,
  work: (database: ClientBase) => Promise<T>,
  begin = 'BEGIN',
): Promise<T> {
  const lease = new LeasedClient(await pool.connect());
  try {
    return await lease.within(async (database) => {
      await database.query(begin);
      try {
        const result = await work(database);
        await database.query('COMMIT');
        return result;
      } catch (error) {
        // A connection that cannot even roll back is closed, which rolls back too.
        if (!lease.broken) await database.query('ROLLBACK').catch(() => lease.destroy());
        throw error;
      }
    });
  } finally {
    lease.release();
  }
}
