import { type Pool } from 'pg';
import { type MemberRow } from './member-row.js';

/** Rows in one statement: a bundle of the largest records at once would be hundreds of thousands. */
const maxRows = 5_000;

/**
 * Who is a member of what, as one service keeps it in the table `members` of its own schema.
 *
 * A row says by itself how new it is: every join and every leaving takes a higher version of the conversation, so the
 * latest of the two is the version of the row. Only what is newer is applied; order, doubles and gaps do not matter.
 */
export class Membership {
  private readonly table: string;

  /** @param schema of the service: `presence` */
  constructor(
    private readonly pool: Pool,
    schema: string,
  ) {
    if (!/^[a-z_]+$/.test(schema)) throw new Error(`${schema} is no name of a schema`);
    this.table = `${schema}.members`;
  }

  /** Takes what is newer than what is held; whoever left stays as a row. */
  async apply(rows: readonly MemberRow[]): Promise<void> {
    for (let start = 0; start < rows.length; start += maxRows) {
      await this.upsert(rows.slice(start, start + maxRows));
    }
  }

  /**
   * Those of `otherIds` who are in some conversation together with the user now; the user always is. Costs a look at
   * each conversation of each of them.
   */
  async sharesConversation(userId: string, otherIds: readonly string[]): Promise<Set<string>> {
    // IS TRUE keeps the planner from a join, whose order it guesses so badly in a young table that it takes for ever:
    // so it is one scan of an index, and a look into a hash table for each row. Planned anew each time, because a plan
    // made while the table was small may be kept while it grows.
    const { rows } = await this.pool.query<{ userId: string }>(
      `SELECT DISTINCT other.user_id AS "userId" FROM ${this.table} other
       WHERE other.user_id = ANY ($2::uuid[]) AND other.left_version IS NULL
         AND (other.conversation_id IN (
           SELECT own.conversation_id FROM ${this.table} own WHERE own.user_id = $1 AND own.left_version IS NULL
         )) IS TRUE`,
      [userId, otherIds],
    );
    const sharing = new Set(rows.map((row) => row.userId));
    if (otherIds.includes(userId)) sharing.add(userId);
    return sharing;
  }

  /** Of several rows of one member the newest, all in one order: two processes at once do not wait for each other in a ring. */
  private async upsert(rows: readonly MemberRow[]): Promise<void> {
    await this.pool.query({
      name: 'apply-members',
      text: `INSERT INTO ${this.table} AS held
               (conversation_id, user_id, joined_version, left_version, visible_from_seq)
             SELECT DISTINCT ON (conversation_id, user_id) *
             FROM unnest($1::uuid[], $2::uuid[], $3::int8[], $4::int8[], $5::int8[])
               AS told (conversation_id, user_id, joined_version, left_version, visible_from_seq)
             ORDER BY conversation_id, user_id, coalesce(left_version, joined_version) DESC
             ON CONFLICT (conversation_id, user_id) DO UPDATE
             SET joined_version = excluded.joined_version, left_version = excluded.left_version,
               visible_from_seq = excluded.visible_from_seq
             WHERE coalesce(excluded.left_version, excluded.joined_version)
               > coalesce(held.left_version, held.joined_version)`,
      values: [
        rows.map(({ conversationId }) => conversationId),
        rows.map(({ userId }) => userId),
        rows.map(({ joinedVersion }) => joinedVersion),
        rows.map(({ leftVersion }) => leftVersion),
        rows.map(({ visibleFromSeq }) => visibleFromSeq),
      ],
    });
  }
}
