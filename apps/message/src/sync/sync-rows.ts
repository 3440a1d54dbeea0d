import { type Member, type Message } from '@parley/contracts';
import { type ClientBase } from 'pg';
import { memberColumns } from '../conversations/subject.js';
import { messageColumns, type MessageRow, toMessage } from '../messages/message-row.js';
import { joinOwnMarks } from '../receipts/own-marks.js';
import { notBySeq, type Standing } from './standing.js';

export type ByConversation<T> = ReadonlyMap<string, T[]>;

export async function readChanges(
  database: ClientBase,
  standings: Standing[],
): Promise<ByConversation<Message>> {
  const changed = standings.filter((standing) => standing.changed > 0);
  if (changed.length === 0) return new Map();
  const { rows } = await database.query<MessageRow>({
    name: 'sync-changes',
    text: `SELECT ${messageColumns}
           FROM unnest($1::uuid[], $2::int8[], $3::int8[]) AS asked (id, cursor, floor)
           JOIN messaging.messages m
             ON m.conversation_id = asked.id AND m.version > asked.cursor AND ${notBySeq} >= asked.floor
           ORDER BY m.conversation_id, m.seq`,
    values: [...columnsOf(changed), changed.map(({ visibleFromSeq }) => visibleFromSeq)],
  });
  return groupMessages(rows);
}

/**
 * Newest pages: the newest messages of all come first, then those before them, while texts and reactions take less than
 * `bytesInAll`.
 */
export async function readPages(
  database: ClientBase,
  standings: Standing[],
  { rowsEach, bytesInAll }: { readonly rowsEach: number; readonly bytesInAll: number },
): Promise<ByConversation<Message>> {
  if (standings.length === 0) return new Map();
  const { rows } = await database.query<MessageRow>({
    name: 'sync-pages',
    text: `SELECT * FROM (
             SELECT m.*, sum(octet_length(m.text) + COALESCE(octet_length(m.reactions::text), 0))
               OVER (ORDER BY asked.newest - m.seq, asked.id) AS bytes
             FROM unnest($1::uuid[], $2::int8[], $3::int8[]) AS asked (id, floor, newest)
             CROSS JOIN LATERAL (
               SELECT ${messageColumns} FROM messaging.messages m
               WHERE m.conversation_id = asked.id AND m.seq >= asked.floor ORDER BY m.seq DESC LIMIT $4
             ) m
           ) m
           WHERE bytes <= $5
           ORDER BY m."conversationId", m.seq`,
    values: [
      standings.map(({ conversation }) => conversation.id),
      standings.map(({ visibleFromSeq }) => visibleFromSeq),
      standings.map(({ conversation }) => conversation.lastSeq),
      rowsEach,
      bytesInAll,
    ],
  });
  return groupMessages(rows);
}

/** Of those who left since the cursor, the last are told, so that the answer stays small when a large group ends. */
const TOLD_LEAVINGS = 100;

/**
 * Of a conversation where any member changed, all who are members, and those who left since: a device that held a part of
 * them, because they were too many before, holds all of them then. Whoever it held and is not told has left, too.
 */
export async function readMembers(
  database: ClientBase,
  standings: Standing[],
): Promise<ByConversation<Member>> {
  const told = standings.filter(({ membersChanged, hasManyMembers }) => membersChanged && !hasManyMembers);
  if (told.length === 0) return new Map();
  const { rows } = await database.query<Member & { conversationId: string }>({
    name: 'sync-members',
    text: `SELECT m.conversation_id AS "conversationId", ${memberColumns}
           FROM unnest($1::uuid[], $2::int8[]) AS asked (id, cursor)
           CROSS JOIN LATERAL (
             SELECT * FROM messaging.members WHERE conversation_id = asked.id AND left_version IS NULL
             UNION ALL (
               SELECT * FROM messaging.members
               WHERE conversation_id = asked.id AND asked.cursor > 0 AND left_version > asked.cursor
               ORDER BY version DESC LIMIT $3
             )
           ) m
           ORDER BY m.conversation_id, m.user_id`,
    values: [...columnsOf(told), TOLD_LEAVINGS],
  });
  return groupMembers(rows);
}

/** How much the reader has not read, from where to where. */
export interface Unread {
  readonly unreadCount: number;
  readonly readSeq: number;
}

export async function readUnread(
  database: ClientBase,
  userId: string,
  standings: Standing[],
): Promise<ReadonlyMap<string, Unread>> {
  if (standings.length === 0) return new Map();
  const { rows } = await database.query<Unread & { id: string }>({
    name: 'sync-unread',
    text: `SELECT p.id, o."unreadCount", o."readSeq"
           FROM unnest($2::uuid[], $3::int8[]) AS p (id, "visibleFromSeq") ${joinOwnMarks}`,
    values: [
      userId,
      standings.map(({ conversation }) => conversation.id),
      standings.map(({ visibleFromSeq }) => visibleFromSeq),
    ],
  });
  return new Map(rows.map(({ id, unreadCount, readSeq }) => [id, { unreadCount, readSeq }]));
}

export async function readOwnRows(
  database: ClientBase,
  userId: string,
  standings: Standing[],
): Promise<ByConversation<Member>> {
  if (standings.length === 0) return new Map();
  const { rows } = await database.query<Member & { conversationId: string }>({
    name: 'sync-own-rows',
    text: `SELECT m.conversation_id AS "conversationId", ${memberColumns} FROM messaging.members m
           WHERE m.user_id = $1 AND m.conversation_id = ANY ($2::uuid[])`,
    values: [userId, standings.map(({ conversation }) => conversation.id)],
  });
  return groupMembers(rows);
}

/** A cursor of a lost future counts as none: everything is new. */
function columnsOf(standings: Standing[]): [string[], number[]] {
  return [
    standings.map(({ conversation }) => conversation.id),
    standings.map(({ conversation, cursor }) => (cursor > conversation.version ? 0 : cursor)),
  ];
}

function groupMessages(rows: MessageRow[]): ByConversation<Message> {
  const grouped = new Map<string, Message[]>();
  for (const row of rows) add(grouped, row.conversationId, toMessage(row));
  return grouped;
}

function groupMembers(rows: (Member & { conversationId: string })[]): ByConversation<Member> {
  const grouped = new Map<string, Member[]>();
  for (const { conversationId, ...member } of rows) add(grouped, conversationId, member);
  return grouped;
}

function add<T>(grouped: Map<string, T[]>, conversationId: string, item: T): void {
  const group = grouped.get(conversationId);
  if (group === undefined) grouped.set(conversationId, [item]);
  else group.push(item);
}
