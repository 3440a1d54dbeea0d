import { Injectable } from '@nestjs/common';
import { type PresenceVisibility } from '@parley/contracts';
import { Pool } from 'pg';

/** What people have said about who may see them, as `account.events` told it. */
@Injectable()
export class PrivacyStore {
  constructor(private readonly pool: Pool) {}

  async setVisibility(userId: string, visibleTo: PresenceVisibility): Promise<void> {
    await this.pool.query(
      `INSERT INTO presence.privacy AS p (user_id, visible_to) VALUES ($1, $2::presence.visible_to)
       ON CONFLICT (user_id) DO UPDATE SET visible_to = excluded.visible_to
       WHERE p.visible_to <> excluded.visible_to`,
      [userId, visibleTo],
    );
  }

  async block(userId: string, otherUserId: string): Promise<void> {
    await this.pool.query(
      'INSERT INTO presence.blocks (user_id, other_user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING',
      [userId, otherUserId],
    );
  }

  async unblock(userId: string, otherUserId: string): Promise<void> {
    await this.pool.query('DELETE FROM presence.blocks WHERE user_id = $1 AND other_user_id = $2', [
      userId,
      otherUserId,
    ]);
  }

  /** Of people who chose; everybody else is visible to whom they share a conversation with. */
  async visibilities(userIds: readonly string[]): Promise<ReadonlyMap<string, PresenceVisibility>> {
    const { rows } = await this.pool.query<{ userId: string; visibleTo: PresenceVisibility }>(
      `SELECT user_id AS "userId", visible_to AS "visibleTo" FROM presence.privacy
        WHERE user_id = ANY ($1::uuid[])`,
      [userIds],
    );
    return new Map(rows.map(({ userId, visibleTo }) => [userId, visibleTo]));
  }

  /** Of all blocks of the user just these. */
  async replaceBlocks(userId: string, otherUserIds: readonly string[]): Promise<void> {
    await this.pool.query(
      `WITH ended AS (DELETE FROM presence.blocks WHERE user_id = $1 AND other_user_id <> ALL ($2::uuid[]))
       INSERT INTO presence.blocks (user_id, other_user_id) SELECT $1, unnest($2::uuid[]) ON CONFLICT DO NOTHING`,
      [userId, otherUserIds],
    );
  }

  /** Those of `others` who have blocked this user, or whom they have blocked. */
  async blockedEitherWay(userId: string, others: readonly string[]): Promise<ReadonlySet<string>> {
    const { rows } = await this.pool.query<{ userId: string }>(
      `SELECT other_user_id AS "userId" FROM presence.blocks
        WHERE user_id = $1 AND other_user_id = ANY ($2::uuid[])
       UNION
       SELECT user_id FROM presence.blocks WHERE user_id = ANY ($2::uuid[]) AND other_user_id = $1`,
      [userId, others],
    );
    return new Set(rows.map((row) => row.userId));
  }
}
