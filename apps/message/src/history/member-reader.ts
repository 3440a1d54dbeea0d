import { Injectable } from '@nestjs/common';
import { idSchema, type Member, nilId, type Page, type PageQuery } from '@parley/contracts';
import { Pool } from 'pg';
import { isShown } from '../conversations/shown.js';
import { memberColumns } from '../conversations/subject.js';
import { Cursor } from '../rest/cursor.js';
import { conversationNotFound } from './conversation-reader.js';

const memberCursor = new Cursor('members', idSchema);

@Injectable()
export class MemberReader {
  constructor(private readonly pool: Pool) {}

  /**
   * Who is a member now, by user id.
   * @throws Refusal `NOT_FOUND` unless the user is a member
   */
  async list(userId: string, conversationId: string, { cursor, limit }: PageQuery): Promise<Page<Member>> {
    const after = cursor === undefined ? nilId : memberCursor.decode(cursor);
    // One row with nulls where the reader is a member and the page is empty; none where they are not.
    const { rows } = await this.pool.query<Member | Record<keyof Member, null>>({
      name: 'list-members',
      text: `SELECT m.* FROM messaging.members me
             JOIN messaging.conversations c ON c.id = me.conversation_id AND ${isShown}
             LEFT JOIN LATERAL (
               SELECT ${memberColumns} FROM messaging.members m
               WHERE m.conversation_id = $1 AND m.user_id > $3 AND m.left_version IS NULL
               ORDER BY m.user_id LIMIT $4
             ) m ON true
             WHERE me.conversation_id = $1 AND me.user_id = $2 AND me.left_version IS NULL`,
      values: [conversationId, userId, after, limit + 1],
    });
    if (rows.length === 0) throw conversationNotFound();
    const found = rows.filter((row): row is Member => row.userId !== null);
    return memberCursor.page(found, limit, (last) => last.userId);
  }
}
