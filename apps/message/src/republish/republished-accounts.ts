import { type AccountEventRecord, nilId, topics, type UserUpdated } from '@parley/contracts';
import { type OutgoingRecord, type Publisher } from '@parley/event-bus';
import { type ClientBase, type Pool } from 'pg';
import { inTransaction } from '../conversations/transaction.js';

const usersPerPage = 100;
/** Below the 3 s after which the database ends an idle transaction: with it go the locks. */
const publishTimeoutMs = 2_000;

/**
 * Publishes the accounts after this id again, page by page, and says after each page how many there were and how far it
 * has come. Account events carry no version: who changes an account waits until its page is published, so that the
 * newer fact stands later in the log.
 */
export async function* republishAccounts(
  pool: Pool,
  publisher: Publisher,
  after: string = nilId,
): AsyncGenerator<{ accounts: number; completeTo: string }> {
  for (let last = after; ;) {
    const ids = await inTransaction(pool, (database) => republishPage(database, publisher, last));
    const completeTo = ids.at(-1);
    if (completeTo === undefined) return;
    yield { accounts: ids.length, completeTo };
    last = completeTo;
  }
}

async function republishPage(database: ClientBase, publisher: Publisher, after: string): Promise<string[]> {
  const ids = await lockAccounts(database, after);
  const facts = await profilesOf(database, ids);
  if (facts.length > 0) await publisher.publish(facts.map(toRecord), { timeoutMs: publishTimeoutMs });
  return ids;
}

async function lockAccounts(database: ClientBase, after: string): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>({
    name: 'republish-lock-accounts',
    text: `SELECT id FROM messaging.users WHERE id > $1 ORDER BY id LIMIT $2 FOR SHARE`,
    values: [after, usersPerPage],
  });
  return rows.map(({ id }) => id);
}

/** A statement of its own: it sees what those did for whom the locks have waited. */
async function profilesOf(database: ClientBase, ids: readonly string[]): Promise<AccountEventRecord[]> {
  const { rows } = await database.query<Omit<UserUpdated, 'event' | 'contract' | 'republished'>>({
    name: 'republish-accounts',
    text: `SELECT u.id AS "userId", u.username, u.display_name AS "displayName",
             u.presence_visible_to AS "presenceVisibleTo",
             ARRAY(SELECT b.blocked_user_id FROM messaging.blocks b WHERE b.user_id = u.id
                   ORDER BY b.blocked_user_id) AS "blockedUserIds"
           FROM messaging.users u WHERE u.id = ANY ($1::uuid[]) ORDER BY u.id`,
    values: [ids],
  });
  return rows.map((row) => ({ event: 'user.updated', contract: 1, republished: true, ...row }));
}

function toRecord(fact: AccountEventRecord): OutgoingRecord {
  return { topic: topics.accountEvents.name, key: fact.userId, value: JSON.stringify(fact) };
}
