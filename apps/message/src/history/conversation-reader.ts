import { Injectable } from '@nestjs/common';
import {
  type Conversation,
  idSchema,
  type ListedConversation,
  type Page,
  type PageQuery,
  Refusal,
} from '@parley/contracts';
import { Pool } from 'pg';
import { z } from 'zod';
import { isShown } from '../conversations/shown.js';
import { type MessageRow, toMessage } from '../messages/message-row.js';
import { joinOwnMarks } from '../receipts/own-marks.js';
import { Cursor } from '../rest/cursor.js';

/** A row of `conversations`, with its last message in columns beside it. */
interface ListedRow
  extends Omit<Conversation, 'createdAt'>, Omit<MessageRow, keyof Conversation | 'conversationId'> {
  createdAt: Date;
  activeAt: Date;
  messageId: string | null;
  messageVersion: number;
  messageCreatedAt: Date;
  unreadCount: number;
  deliveredSeq: number;
  readSeq: number;
}

const listCursor = new Cursor('conversations', z.tuple([z.iso.datetime(), idSchema]));

/** $1 is the reader. The last message stands at last_seq, written in one transaction with it. */
const listed = `
  SELECT c.id, c.kind, c.name, c.history_for_new_members AS "historyForNewMembers", c.version,
    c.last_seq AS "lastSeq", c.created_at AS "createdAt", COALESCE(x.created_at, c.created_at) AS "activeAt",
    x.id AS "messageId", x.seq, x.version AS "messageVersion", x.created_version AS "createdVersion",
    x.sender_id AS "senderId", x.text, x.reply_to AS "replyTo", x.mentions, x.reactions,
    x.created_at AS "messageCreatedAt", x.edited_at AS "editedAt", x.deleted_at AS "deletedAt",
    m.visible_from_seq AS "visibleFromSeq"
  FROM messaging.members m
  JOIN messaging.conversations c ON c.id = m.conversation_id AND ${isShown}
  LEFT JOIN messaging.messages x
    ON x.conversation_id = c.id AND x.seq = c.last_seq AND x.seq >= m.visible_from_seq
  WHERE m.user_id = $1 AND m.left_version IS NULL`;

/** Conversations as their members see them. */
@Injectable()
export class ConversationReader {
  constructor(private readonly pool: Pool) {}

  /** @throws Refusal `NOT_FOUND` unless the user is a member */
  async get(userId: string, conversationId: string): Promise<ListedConversation> {
    const { rows } = await this.pool.query<ListedRow>({
      name: 'get-conversation',
      text: `SELECT p.*, o.* FROM (${listed} AND m.conversation_id = $2) p ${joinOwnMarks}`,
      values: [userId, conversationId],
    });
    const [row] = rows;
    if (row === undefined) throw conversationNotFound();
    return toListed(row);
  }

  /** Most recent first: by the last message, or by the creation while there is none. */
  async list(userId: string, { cursor, limit }: PageQuery): Promise<Page<ListedConversation>> {
    const [activeAt, id] = cursor === undefined ? [null, null] : listCursor.decode(cursor);
    const { rows } = await this.pool.query<ListedRow>({
      name: 'list-conversations',
      text: `SELECT p.*, o.* FROM (
               SELECT * FROM (${listed}) l
               WHERE $2::timestamptz IS NULL OR (l."activeAt", l.id) < ($2, $3::uuid)
               ORDER BY l."activeAt" DESC, l.id DESC LIMIT $4
             ) p ${joinOwnMarks}
             ORDER BY p."activeAt" DESC, p.id DESC`,
      values: [userId, activeAt, id, limit + 1],
    });
    const { items, nextCursor } = listCursor.page(rows, limit, ({ activeAt, id }) => [
      activeAt.toISOString(),
      id,
    ]);
    return { items: items.map(toListed), nextCursor };
  }
}

/** For whoever is no member, whether it exists or not. */
export function conversationNotFound(): Refusal {
  return new Refusal('NOT_FOUND', 'There is no such conversation, or you are not a member of it.');
}

function toListed(row: ListedRow): ListedConversation {
  const { id, kind, name, historyForNewMembers, version, lastSeq, createdAt, messageId } = row;
  const { unreadCount, deliveredSeq, readSeq } = row;
  const conversation = {
    id,
    kind,
    name,
    historyForNewMembers,
    version,
    lastSeq,
    createdAt: createdAt.toISOString(),
    unreadCount,
    deliveredSeq,
    readSeq,
  };
  if (messageId === null) return { ...conversation, lastMessage: null };
  const message = {
    ...row,
    id: messageId,
    conversationId: id,
    version: row.messageVersion,
    createdAt: row.messageCreatedAt,
  };
  return { ...conversation, lastMessage: toMessage(message) };
}
