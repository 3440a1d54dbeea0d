import { Injectable } from '@nestjs/common';
import { type Block, idSchema, type Page, type PageQuery } from '@parley/contracts';
import { Pool } from 'pg';
import { z } from 'zod';
import { Cursor } from '../rest/cursor.js';

const blockCursor = new Cursor('blocks', z.tuple([z.iso.datetime(), idSchema]));

@Injectable()
export class BlockReader {
  constructor(private readonly pool: Pool) {}

  /** Whom this user blocks, most recent first. */
  async list(userId: string, { cursor, limit }: PageQuery): Promise<Page<Block>> {
    const [blockedAt, blockedId] = cursor === undefined ? [null, null] : blockCursor.decode(cursor);
    const { rows } = await this.pool.query<{ userId: string; blockedAt: Date }>({
      name: 'list-blocks',
      text: `SELECT b.blocked_user_id AS "userId", b.blocked_at AS "blockedAt" FROM messaging.blocks b
             WHERE b.user_id = $1
               AND ($2::timestamptz IS NULL OR (b.blocked_at, b.blocked_user_id) < ($2, $3::uuid))
             ORDER BY b.blocked_at DESC, b.blocked_user_id DESC LIMIT $4`,
      values: [userId, blockedAt, blockedId, limit + 1],
    });
    const blocks = rows.map((row) => ({ userId: row.userId, blockedAt: row.blockedAt.toISOString() }));
    return blockCursor.page(blocks, limit, (last) => [last.blockedAt, last.userId]);
  }
}
