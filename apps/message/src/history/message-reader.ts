import { Injectable } from '@nestjs/common';
import { type HistoryQuery, type Message, type Page, seqSchema } from '@parley/contracts';
import { Pool } from 'pg';
import { z } from 'zod';
import { isShown } from '../conversations/shown.js';
import { messageColumns, type MessageRow, toMessage } from '../messages/message-row.js';
import { Cursor } from '../rest/cursor.js';
import { conversationNotFound } from './conversation-reader.js';

const beforeCursor = z.strictObject({ beforeSeq: seqSchema });
const afterCursor = z.strictObject({ afterSeq: seqSchema });
const historyCursor = new Cursor('messages', z.union([beforeCursor, afterCursor]));

@Injectable()
export class MessageReader {
  constructor(private readonly pool: Pool) {}

  /**
   * A page of history, ascending by seq, with nothing that the reader may not see.
   * @throws Refusal `NOT_FOUND` unless the user is a member
   */
  async page(userId: string, conversationId: string, query: HistoryQuery): Promise<Page<Message>> {
    const bounds = query.cursor === undefined ? query : historyCursor.decode(query.cursor);
    if ('afterSeq' in bounds && bounds.afterSeq !== undefined) {
      const rows = await this.read('ASC', userId, conversationId, bounds.afterSeq, query.limit + 1);
      return historyCursor.page(rows.map(toMessage), query.limit, ({ seq }) => ({ afterSeq: seq }));
    }
    const beforeSeq = 'beforeSeq' in bounds ? bounds.beforeSeq : undefined;
    const before = beforeSeq ?? Number.MAX_SAFE_INTEGER;
    const rows = await this.read('DESC', userId, conversationId, before, query.limit + 1);
    const found = rows.map(toMessage);
    const { items, nextCursor } = historyCursor.page(found, query.limit, ({ seq }) => ({ beforeSeq: seq }));
    return { items: items.reverse(), nextCursor };
  }

  /**
   * One statement is one snapshot: who leaves while it runs gets what they could see before, or nothing.
   * @param bound exclusive
   */
  private async read(
    direction: 'ASC' | 'DESC',
    userId: string,
    conversationId: string,
    bound: number,
    count: number,
  ): Promise<MessageRow[]> {
    // One row with nulls where the reader is a member and the page is empty; none where they are not.
    const { rows } = await this.pool.query<MessageRow | { seq: null }>({
      name: `read-messages-${direction}`,
      text: `SELECT x.* FROM messaging.members me
             JOIN messaging.conversations c ON c.id = me.conversation_id AND ${isShown}
             LEFT JOIN LATERAL (
               SELECT ${messageColumns} FROM messaging.messages m
               WHERE m.conversation_id = $1 AND m.seq >= me.visible_from_seq
                 AND m.seq ${direction === 'ASC' ? '>' : '<'} $3
               ORDER BY m.seq ${direction} LIMIT $4
             ) x ON true
             WHERE me.conversation_id = $1 AND me.user_id = $2 AND me.left_version IS NULL`,
      values: [conversationId, userId, bound, count],
    });
    if (rows.length === 0) throw conversationNotFound();
    return rows.filter((row): row is MessageRow => row.seq !== null);
  }
}
