import { Injectable } from '@nestjs/common';
import {
  idSchema,
  nilId,
  type Page,
  type PageQuery,
  type Reader,
  type Receipt,
  Refusal,
} from '@parley/contracts';
import { Pool } from 'pg';
import { isShown } from '../conversations/shown.js';
import { conversationNotFound } from '../history/conversation-reader.js';
import { Cursor } from '../rest/cursor.js';
import { joinOwnMarks } from './own-marks.js';

const receiptCursor = new Cursor('receipts', idSchema);
const readerCursor = new Cursor('readers', idSchema);

type OrNulls<T> = T | { userId: null };

/** Columns of a Receipt: of the member `m` with marks `r`, where there are any. */
const receiptColumns = `m.user_id AS "userId", COALESCE(r.delivered_seq, 0) AS "deliveredSeq",
  COALESCE(r.read_seq, 0) AS "readSeq"`;
const marksOfMember = `LEFT JOIN messaging.receipts r
  ON r.conversation_id = m.conversation_id AND r.user_id = m.user_id`;

/** While one of two blocks the other, the reader $2 of the conversation $1 sees no marks but their own. */
const isToldTo = (userId: string) =>
  `(${userId} = $2 OR NOT EXISTS (SELECT FROM messaging.blocks b WHERE b.conversation_id = $1))`;

@Injectable()
export class ReceiptReader {
  constructor(private readonly pool: Pool) {}

  /**
   * One's own marks as the list of conversations shows them, what one has written counted in.
   * @throws Refusal `NOT_FOUND` unless the user is a member
   */
  async own(userId: string, conversationId: string): Promise<Receipt> {
    const { rows } = await this.pool.query<Receipt>({
      name: 'own-receipt',
      text: `SELECT $1::uuid AS "userId", o."deliveredSeq", o."readSeq"
             FROM (
               SELECT c.id, m.visible_from_seq AS "visibleFromSeq" FROM messaging.members m
               JOIN messaging.conversations c ON c.id = m.conversation_id AND ${isShown}
               WHERE m.user_id = $1 AND m.conversation_id = $2 AND m.left_version IS NULL
             ) p ${joinOwnMarks}`,
      values: [userId, conversationId],
    });
    const [receipt] = rows;
    if (receipt === undefined) throw conversationNotFound();
    return receipt;
  }

  /**
   * The marks of all members, one's own too, by user id; one's own alone while one of two blocks the other.
   * @throws Refusal `NOT_FOUND` unless the user is a member
   */
  async list(userId: string, conversationId: string, { cursor, limit }: PageQuery): Promise<Page<Receipt>> {
    const after = cursor === undefined ? nilId : receiptCursor.decode(cursor);
    // One row with nulls where the reader is a member and the page is empty; none where they are not.
    const { rows } = await this.pool.query<OrNulls<Receipt>>({
      name: 'list-receipts',
      text: `SELECT x.* FROM messaging.members me
             JOIN messaging.conversations c ON c.id = me.conversation_id AND ${isShown}
             LEFT JOIN LATERAL (
               SELECT ${receiptColumns} FROM messaging.members m ${marksOfMember}
               WHERE m.conversation_id = $1 AND m.user_id > $3 AND m.left_version IS NULL
                 AND ${isToldTo('m.user_id')}
               ORDER BY m.user_id LIMIT $4
             ) x ON true
             WHERE me.conversation_id = $1 AND me.user_id = $2 AND me.left_version IS NULL`,
      values: [conversationId, userId, after, limit + 1],
    });
    if (rows.length === 0) throw conversationNotFound();
    return receiptCursor.page(rows.filter(isThere), limit, userIdOf);
  }

  /**
   * Who has read a message, by user id: members now who may see it, its sender left out. While one of two blocks the
   * other, nobody but oneself.
   * @throws Refusal `NOT_FOUND` unless the user is a member who may see that message
   */
  async readers(
    userId: string,
    conversationId: string,
    seq: number,
    { cursor, limit }: PageQuery,
  ): Promise<Page<Reader>> {
    const after = cursor === undefined ? nilId : readerCursor.decode(cursor);
    const { rows } = await this.pool.query<OrNulls<{ userId: string; readAt: Date }>>({
      name: 'list-readers',
      text: `SELECT x.* FROM messaging.members me
             JOIN messaging.conversations c ON c.id = me.conversation_id AND ${isShown}
             JOIN messaging.messages s ON s.conversation_id = $1 AND s.seq = $5 AND s.seq >= me.visible_from_seq
             LEFT JOIN LATERAL (
               SELECT r.user_id AS "userId", r.read_at AS "readAt"
               FROM messaging.receipts r
               JOIN messaging.members m ON m.conversation_id = r.conversation_id AND m.user_id = r.user_id
               WHERE r.conversation_id = $1 AND r.user_id > $3 AND r.read_seq >= $5 AND r.user_id <> s.sender_id
                 AND m.left_version IS NULL AND m.visible_from_seq <= $5
                 AND ${isToldTo('r.user_id')}
               ORDER BY r.user_id LIMIT $4
             ) x ON true
             WHERE me.conversation_id = $1 AND me.user_id = $2 AND me.left_version IS NULL`,
      values: [conversationId, userId, after, limit + 1, seq],
    });
    if (rows.length === 0) throw messageNotFound();
    const { items, nextCursor } = readerCursor.page(rows.filter(isThere), limit, userIdOf);
    return {
      items: items.map((row) => ({ userId: row.userId, readAt: row.readAt.toISOString() })),
      nextCursor,
    };
  }
}

function isThere<Row extends { userId: string }>(row: OrNulls<Row>): row is Row {
  return row.userId !== null;
}

function userIdOf({ userId }: { userId: string }): string {
  return userId;
}

function messageNotFound(): Refusal {
  return new Refusal('NOT_FOUND', 'There is no such message, or you are not a member of its conversation.');
}
