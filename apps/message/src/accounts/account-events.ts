import { type AccountEventRecord } from '@parley/contracts';
import { type ClientBase } from 'pg';

/** Enough for another command of the same user. Who publishes an account again holds it for up to 2 s. */
const LOCK_WAIT = '50ms';

/**
 * Facts of one user are published in the order of the transactions that hold this lock while they append. Whoever else
 * is in the round waits for this command too, so it gives up soon and is tried again in the next one.
 */
export async function lockAccount(database: ClientBase, userId: string): Promise<void> {
  await database.query({
    name: 'limit-lock-wait',
    text: `SELECT set_config('lock_timeout', $1, true)`,
    values: [LOCK_WAIT],
  });
  await database.query({
    name: 'lock-account',
    text: 'SELECT FROM messaging.users WHERE id = $1 FOR NO KEY UPDATE',
    values: [userId],
  });
}

/** As `AccountOutbox.append` does, in a transaction that is not Prisma's. */
export async function appendAccountEvent(database: ClientBase, record: AccountEventRecord): Promise<void> {
  await database.query({
    name: 'append-account-event',
    text: 'INSERT INTO messaging.account_outbox (user_id, record) VALUES ($1, $2)',
    values: [record.userId, JSON.stringify(record)],
  });
}
