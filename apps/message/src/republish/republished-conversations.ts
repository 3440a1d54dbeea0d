import {
  type Conversation,
  type ConversationEventName,
  encodeConversationEvent,
  type Member,
  nilId,
  topics,
} from '@parley/contracts';
import { type OutgoingRecord } from '@parley/event-bus';
import { type Pool } from 'pg';
import { isShown } from '../conversations/shown.js';
import { memberColumns, serializeEvent, type Subject } from '../conversations/subject.js';

/** Which conversations: all; those whose members, name or settings changed since a time; or one. */
export type ConversationSelection =
  | { readonly of: 'all'; readonly after?: string }
  | { readonly of: 'since'; readonly since: Date; readonly after?: string }
  | { readonly of: 'conversation'; readonly id: string };

export interface ConversationPage {
  readonly records: readonly OutgoingRecord[];
  /** How many conversations begin here, and how many rows of members there are. */
  readonly conversations: number;
  readonly members: number;
  /** All conversations up to this id are complete with this page; null while the first one is not. */
  readonly completeTo: string | null;
}

interface Row extends Member, Omit<Conversation, 'createdAt'> {
  readonly createdAt: Date;
}

const conversationsPerSearch = 200;
/** Four records of the most members: some 400 KB. */
const rowsPerPage = 2_000;
const membersPerRecord = 500;
/** Transactions note the time they began at, and become visible later. */
const commitSlackMs = 60_000;

/** In the order of their ids; nothing is held between two pages but a place. */
export async function* pagesOfConversations(
  pool: Pool,
  selection: ConversationSelection,
): AsyncGenerator<ConversationPage> {
  for await (const ids of idsOf(pool, selection)) yield* pagesOf(pool, ids);
}

async function* idsOf(pool: Pool, selection: ConversationSelection): AsyncGenerator<string[]> {
  if (selection.of === 'conversation') {
    yield [selection.id];
    return;
  }
  for (let after: string | undefined = selection.after ?? nilId; after !== undefined;) {
    const ids: string[] =
      selection.of === 'all'
        ? await nextIds(pool, after)
        : await nextChangedIds(pool, selection.since, after);
    if (ids.length > 0) yield ids;
    after = ids.at(-1);
  }
}

async function nextIds(pool: Pool, after: string): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>({
    name: 'republish-ids',
    text: `SELECT id FROM messaging.conversations WHERE id > $1 ORDER BY id LIMIT $2`,
    values: [after, conversationsPerSearch],
  });
  return rows.map(({ id }) => id);
}

/**
 * Every command but a send leaves its result, for seven days. What a block made is told with its first message, whenever
 * that was: there are few of those, and all are taken.
 */
async function nextChangedIds(pool: Pool, since: Date, after: string): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>({
    name: 'republish-changed-ids',
    text: `SELECT conversation_id AS id FROM messaging.command_results
           WHERE created_at >= $1 AND conversation_id > $2 AND (kind LIKE 'conversation.%' OR kind LIKE 'member.%')
           UNION SELECT id FROM messaging.conversations WHERE NOT is_listed AND last_seq > 0 AND id > $2
           ORDER BY id LIMIT $3`,
    values: [new Date(since.getTime() - commitSlackMs), after, conversationsPerSearch],
  });
  return rows.map(({ id }) => id);
}

async function* pagesOf(pool: Pool, ids: readonly string[]): AsyncGenerator<ConversationPage> {
  let last: Row | undefined;
  for (let more = true; more;) {
    const rows: Row[] = await nextRows(pool, ids, last);
    if (rows.length === 0) return;
    more = rows.length === rowsPerPage;
    const records = toRecords(rows, last?.id);
    const begun = new Set(rows.map(({ id }) => id));
    if (last !== undefined) begun.delete(last.id);
    const completeTo = more
      ? (rows.findLast(({ id }) => id !== rows.at(-1)?.id)?.id ?? null)
      : (ids.at(-1) ?? null);
    yield { records, conversations: begun.size, members: rows.length, completeTo };
    last = rows.at(-1);
  }
}

/** One statement is one snapshot: version and rows belong together, whatever changes before the next page. */
async function nextRows(pool: Pool, ids: readonly string[], last: Row | undefined): Promise<Row[]> {
  const { rows } = await pool.query<Row>({
    name: 'republish-rows',
    text: `SELECT c.id, c.kind, c.name, c.history_for_new_members AS "historyForNewMembers", c.version,
             c.last_seq AS "lastSeq", c.created_at AS "createdAt", ${memberColumns}
           FROM messaging.members m JOIN messaging.conversations c ON c.id = m.conversation_id AND ${isShown}
           WHERE m.conversation_id = ANY ($1::uuid[]) AND (m.conversation_id, m.user_id) > ($2::uuid, $3::uuid)
           ORDER BY m.conversation_id, m.user_id LIMIT $4`,
    values: [ids, last?.id ?? nilId, last?.userId ?? nilId, rowsPerPage],
  });
  return rows;
}

/** @param begunId the conversation whose first record was on an earlier page */
function toRecords(rows: readonly Row[], begunId: string | undefined): OutgoingRecord[] {
  const records: OutgoingRecord[] = [];
  let begun = begunId;
  for (let start = 0; start < rows.length;) {
    const first = rows[start]!;
    let end = start + 1;
    while (end < rows.length && end - start < membersPerRecord && rows[end]?.id === first.id) end++;
    records.push(toRecord(first, rows.slice(start, end).map(toMember), first.id !== begun));
    begun = first.id;
    start = end;
  }
  return records;
}

function toRecord(row: Row, members: readonly Member[], isFirst: boolean): OutgoingRecord {
  const event: ConversationEventName = isFirst ? 'conversation.created' : 'member.updated';
  const subject: Subject = isFirst
    ? { of: 'conversation', conversation: toConversation(row), members }
    : { of: 'members', members };
  const head = { event, occurredAt: new Date().toISOString(), actorId: nilId, republished: true };
  const body = serializeEvent(row.id, row.version, subject);
  return { topic: topics.conversationEvents.name, key: row.id, value: encodeConversationEvent(head, body) };
}

function toConversation(row: Row): Conversation {
  const { id, kind, name, historyForNewMembers, version, lastSeq, createdAt } = row;
  return { id, kind, name, historyForNewMembers, version, lastSeq, createdAt: createdAt.toISOString() };
}

function toMember({ userId, role, joinedVersion, leftVersion, visibleFromSeq }: Row): Member {
  return { userId, role, joinedVersion, leftVersion, visibleFromSeq };
}
