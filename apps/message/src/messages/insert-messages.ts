import { type ClientBase } from 'pg';
import { type ConversationState } from '../conversations/conversation-state.js';
import { type ReceivedSend } from '../inbound/received-command.js';
import { plainArray, textArray } from './array-literal.js';
import { mentionedMembers } from './mentioned-members.js';

/** Sends of one conversation that are stored together or not at all. */
export interface SendRun {
  /** As the decision saw it: its version and lastSeq are what the database must still have. */
  readonly state: ConversationState;
  readonly sends: readonly ReceivedSend[];
}

// How this stands up to a second writer (READ COMMITTED): `locked` reads each row anew after locking it, so it holds the
// version that is true now, while the rest of the statement still sees the moment it began. A conversation that the
// other one moved has another version than expected, and is left alone: no seq taken, no row written. Where the version
// is the expected one, it was already that when the statement began, so `stored` missed nothing. What is stored already
// keeps its whole conversation from moving, because its seq would be a hole. Locks are taken in the order of ids, and a
// conversation that somebody else holds is skipped: a stopped process must not keep all others waiting.
// unnest fills the shorter of its arrays up with nulls, so replies and mentions come as empty arrays where there are none.
const text = `
  WITH run AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::int8[], $3::int8[], $4::int4[]) AS r (conversation_id, version, last_seq, size)
  ), sent AS MATERIALIZED (
    SELECT * FROM unnest($5::uuid[], $6::uuid[], $7::int8[], $8::int8[], $9::uuid[], $10::text[], $11::int8[],
                         $12::int4[], $13::int8[], $14::int4[], $15::uuid[], $16::text[])
      AS s (conversation_id, id, seq, version, sender_id, text, created_ms,
            command_partition, command_offset, command_index, reply_to, mentions)
  ), stored AS MATERIALIZED (
    SELECT s.conversation_id FROM sent s CROSS JOIN LATERAL (
      (SELECT FROM messaging.messages m
       WHERE m.conversation_id = s.conversation_id AND m.id = s.id LIMIT 1)
      UNION ALL
      (SELECT FROM messaging.command_results r
       WHERE r.conversation_id = s.conversation_id AND r.command_id = s.id LIMIT 1)
    ) AS found
  ), locked AS MATERIALIZED (
    SELECT c.id, c.version, c.last_seq FROM messaging.conversations c
    WHERE c.id = ANY ($1::uuid[]) ORDER BY c.id FOR NO KEY UPDATE SKIP LOCKED
  ), moved AS (
    UPDATE messaging.conversations c SET version = r.version + r.size, last_seq = r.last_seq + r.size
    FROM run r JOIN locked l ON l.id = r.conversation_id AND l.version = r.version AND l.last_seq = r.last_seq
    WHERE c.id = r.conversation_id
      AND NOT EXISTS (SELECT FROM stored WHERE stored.conversation_id = r.conversation_id)
    RETURNING c.id
  ), inserted AS (
    INSERT INTO messaging.messages (conversation_id, seq, id, version, created_version, sender_id, text, created_at,
                                    command_partition, command_offset, command_index, reply_to, mentions)
    SELECT s.conversation_id, s.seq, s.id, s.version, s.version, s.sender_id, s.text,
      to_timestamp(s.created_ms / 1000.0), s.command_partition, s.command_offset, s.command_index,
      s.reply_to, s.mentions::uuid[]
    FROM sent s JOIN moved ON moved.id = s.conversation_id
  )
  SELECT r.conversation_id AS id FROM run r WHERE NOT EXISTS (SELECT FROM moved WHERE moved.id = r.conversation_id)`;

/**
 * Gives each message of each run the next seq and version of its conversation and stores it: `lastSeq + 1` for the
 * first of a run, and so on. One statement, however many conversations.
 * @returns ids of the conversations that were not as expected, or had one of the messages already; nothing of
 *   their runs is stored
 */
export async function insertMessages(database: ClientBase, runs: readonly SendRun[]): Promise<Set<string>> {
  const ordered = [...runs].sort((a, b) => (a.state.id < b.state.id ? -1 : 1));
  const { rows } = await database.query<{ id: string }>({
    name: 'insert-messages',
    text,
    values: [...runColumns(ordered), ...messageColumns(ordered), ...detailColumns(ordered)],
  });
  return new Set(rows.map((row) => row.id));
}

function runColumns(runs: readonly SendRun[]): string[] {
  return [
    plainArray(runs.map(({ state }) => state.id)),
    plainArray(runs.map(({ state }) => state.version)),
    plainArray(runs.map(({ state }) => state.lastSeq)),
    plainArray(runs.map(({ sends }) => sends.length)),
  ];
}

function messageColumns(runs: readonly SendRun[]): string[] {
  const conversations: string[] = [];
  const ids: string[] = [];
  const seqs: number[] = [];
  const versions: number[] = [];
  const senders: string[] = [];
  const texts: string[] = [];
  const times: number[] = [];
  const partitions: number[] = [];
  const offsets: number[] = [];
  const indexes: number[] = [];
  for (const { state, sends } of runs) {
    let { lastSeq: seq, version } = state;
    for (const { command, position, timestamp } of sends) {
      conversations.push(state.id);
      ids.push(command.commandId);
      seqs.push(++seq);
      versions.push(++version);
      senders.push(command.userId);
      texts.push(command.body.text);
      times.push(timestamp);
      partitions.push(position.partition);
      offsets.push(position.offset);
      indexes.push(position.index);
    }
  }
  return [
    plainArray(conversations),
    plainArray(ids),
    plainArray(seqs),
    plainArray(versions),
    plainArray(senders),
    textArray(texts),
    plainArray(times),
    plainArray(partitions),
    plainArray(offsets),
    plainArray(indexes),
  ];
}

/** Replies and mentions. Most batches have neither. */
function detailColumns(runs: readonly SendRun[]): string[] {
  const replies: string[] = [];
  const mentions: string[] = [];
  let sent = 0;
  for (const { state, sends } of runs) {
    for (const received of sends) {
      const { replyTo } = received.command.body;
      if (replyTo !== undefined) setPadded(replies, sent, replyTo);
      const mentioned = mentionedMembers(state, received);
      if (mentioned !== null) setPadded(mentions, sent, `"${plainArray(mentioned)}"`);
      sent += 1;
    }
  }
  return [plainArray(replies), plainArray(mentions)];
}

function setPadded(elements: string[], place: number, element: string): void {
  while (elements.length < place) elements.push('NULL');
  elements.push(element);
}
