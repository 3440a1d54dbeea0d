import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import {
  type Conversation,
  limits,
  type Message,
  type MessageSent,
  type Page,
  type SyncedConversation,
  type SyncResponse,
} from '@parley/contracts';
import { randomUUID } from 'node:crypto';
import pg, { type ClientBase } from 'pg';
import { inTransaction } from '../conversations/transaction.js';
import { type TestPerson, TestService } from '../testing/test-service.js';
import { readStandings } from './standing.js';
import { readChanges } from './sync-rows.js';

let service: TestService;
let ada: TestPerson;
let grace: TestPerson;
let linus: TestPerson;
let sql: pg.Pool;

beforeAll(async () => {
  service = await TestService.start();
  sql = service.app.get(pg.Pool);
});
afterAll(() => service?.stop());

beforeEach(async () => {
  [ada, grace, linus] = await Promise.all([service.person(), service.person(), service.person()]);
});

async function group(others: TestPerson[], more: object = {}): Promise<string> {
  const body = {
    kind: 'group',
    id: randomUUID(),
    name: 'Hut 6',
    memberIds: others.map(({ id }) => id),
    ...more,
  };
  const { body: conversation } = await service.ask<Conversation>(ada, 'POST', '/v1/conversations', { body });
  return conversation.id;
}

const change = (person: TestPerson, id: string, method: string, path: string, body?: object) =>
  service.ask(person, method, `/v1/conversations/${id}${path}`, body ? { body } : {});

async function send(person: TestPerson, id: string, text: string): Promise<Message> {
  const answer = await service.ask<MessageSent>(person, 'POST', `/v1/conversations/${id}/messages`, {
    body: { id: randomUUID(), text },
  });
  return answer.body.message;
}

async function sync(
  person: TestPerson,
  cursors: Record<string, number>,
): Promise<SyncResponse['conversations']> {
  const { status, body } = await service.ask<SyncResponse>(person, 'POST', '/v1/sync', { body: { cursors } });
  expect(status).toBe(200);
  return body.conversations;
}

async function syncOne(person: TestPerson, id: string, cursor: number): Promise<SyncedConversation> {
  const synced = (await sync(person, { [id]: cursor }))[id];
  if (synced === undefined) throw new Error('the conversation is absent');
  return synced;
}

const texts = ({ messages }: SyncedConversation) => messages.map(({ text }) => text);

test('tells what changed since the cursor, each row once and as it is now', async () => {
  const id = await group([grace]);
  const first = await send(ada, id, 'one');
  await send(ada, id, 'two');
  const cursor = 3;
  await send(grace, id, 'three');
  await change(ada, id, 'PATCH', `/messages/${first.id}`, { text: 'edited' });
  await change(ada, id, 'PATCH', `/messages/${first.id}`, { text: 'edited again' });
  const synced = await syncOne(grace, id, cursor);
  expect(texts(synced)).toEqual(['edited again', 'three']);
  expect(synced).toMatchObject({ toVersion: 6, members: [], conversation: { id, version: 6, lastSeq: 3 } });
  expect(synced.limited).toBeUndefined();
  expect(await syncOne(grace, id, 6)).toEqual({ messages: [], members: [], toVersion: 6 });
});

test('tells deletions, names, and who came and went', async () => {
  const id = await group([grace]);
  const message = await send(ada, id, 'gone soon');
  await change(ada, id, 'DELETE', `/messages/${message.id}`);
  await change(ada, id, 'PATCH', '', { name: 'Hut 8' });
  await change(ada, id, 'POST', '/members', { userIds: [linus.id] });
  await change(ada, id, 'DELETE', `/members/${linus.id}`);
  const synced = await syncOne(grace, id, 2);
  expect(synced.messages).toMatchObject([{ seq: 1, text: '', deletedAt: expect.any(String) }]);
  expect(synced.conversation).toMatchObject({ name: 'Hut 8' });
  expect(new Map(synced.members.map(({ userId, leftVersion }) => [userId, leftVersion]))).toEqual(
    new Map([
      [ada.id, null],
      [grace.id, null],
      [linus.id, 6],
    ]),
  );
});

test('gives the newest page and all members to a device that knows nothing', async () => {
  const id = await group([grace]);
  for (let seq = 1; seq <= 3; seq += 1) await send(ada, id, `text ${seq}`);
  const synced = await syncOne(grace, id, 0);
  expect(synced).toMatchObject({ limited: true, floorSeq: 1, toVersion: 4 });
  expect(texts(synced)).toEqual(['text 1', 'text 2', 'text 3']);
  expect(synced.members.map(({ userId }) => userId).sort()).toEqual([ada.id, grace.id].sort());
});

test('gives the newest page to who missed too much, or comes from a future that was lost', async () => {
  const id = await group([grace]);
  await sql.query(
    `WITH raised AS (
       UPDATE messaging.conversations SET version = 251, last_seq = 250 WHERE id = $1
     )
     INSERT INTO messaging.messages SELECT $1, n, gen_random_uuid(), n + 1, n + 1, $2, 'text ' || n, now(),
       NULL, NULL, 0, n, 0 FROM generate_series(1, 250) n`,
    [id, ada.id],
  );
  const missed = await syncOne(grace, id, 1);
  expect(missed).toMatchObject({ limited: true, floorSeq: 201, toVersion: 251 });
  expect(texts(missed)).toHaveLength(50);
  const little = await syncOne(grace, id, 51);
  expect(little).not.toHaveProperty('unreadCount');
  expect(little.limited).toBeUndefined();
  expect(texts(little)).toHaveLength(200);
  expect(await syncOne(grace, id, 252)).toMatchObject({ limited: true, floorSeq: 201, toVersion: 251 });
});

test('tells how much is unread where there is more than the newest page', async () => {
  const id = await group([grace]);
  await sql.query(
    `WITH raised AS (
       UPDATE messaging.conversations SET version = 71, last_seq = 70 WHERE id = $1
     )
     INSERT INTO messaging.messages SELECT $1, n, gen_random_uuid(), n + 1, n + 1, $2, 'text ' || n, now(),
       NULL, NULL, 0, n, 0 FROM generate_series(1, 70) n`,
    [id, ada.id],
  );
  expect(await syncOne(grace, id, 0)).toMatchObject({ floorSeq: 21, unreadCount: 70, readSeq: 0 });
  await change(grace, id, 'PUT', '/receipt', { readSeq: 7 });
  expect(await syncOne(grace, id, 0)).toMatchObject({ floorSeq: 21, unreadCount: 63, readSeq: 7 });
  expect(await syncOne(ada, id, 0)).toMatchObject({ floorSeq: 21, unreadCount: 0, readSeq: 70 });
  const small = await group([grace]);
  await send(ada, small, 'all of it');
  expect(await syncOne(grace, small, 0)).not.toHaveProperty('unreadCount');
});

test('never goes below what its reader may see', async () => {
  const id = await group([], { historyForNewMembers: 'none' });
  const early = await send(ada, id, 'secret');
  await change(ada, id, 'POST', '/members', { userIds: [grace.id] });
  const joined = await syncOne(grace, id, 0);
  expect(joined).toMatchObject({ limited: true, floorSeq: 2, messages: [], toVersion: 3 });
  await change(ada, id, 'PATCH', `/messages/${early.id}`, { text: 'still secret' });
  await send(ada, id, 'welcome');
  expect(texts(await syncOne(grace, id, 3))).toEqual(['welcome']);
  expect(texts(await syncOne(grace, id, 0))).toEqual(['welcome']);
});

test('a cursor from before one joined again starts anew', async () => {
  const id = await group([grace]);
  await send(ada, id, 'one');
  await change(grace, id, 'DELETE', `/members/${grace.id}`);
  await send(ada, id, 'meanwhile');
  await change(ada, id, 'POST', '/members', { userIds: [grace.id] });
  const synced = await syncOne(grace, id, 2);
  expect(synced).toMatchObject({ limited: true, floorSeq: 1, toVersion: 5 });
  expect(texts(synced)).toEqual(['one', 'meanwhile']);
});

test('tells who has left just that', async () => {
  const id = await group([grace]);
  await send(ada, id, 'before');
  await change(ada, id, 'DELETE', `/members/${grace.id}`);
  await send(ada, id, 'after');
  for (const cursor of [0, 1, 3, 4]) {
    const synced = await syncOne(grace, id, cursor);
    expect(synced).toEqual({
      messages: [],
      members: [expect.objectContaining({ userId: grace.id, leftVersion: 3 })],
      toVersion: 3,
      left: true,
      leftVersion: 3,
    });
  }
});

test('is silent about conversations that one was never a member of, or that do not exist', async () => {
  const id = await group([grace]);
  const mine = await group([linus]);
  expect(Object.keys(await sync(linus, { [id]: 0, [randomUUID()]: 3, [mine]: 0 }))).toEqual([mine]);
});

test('takes 200 conversations and no more; new ones share one page among them', async () => {
  const ids = Array.from({ length: 201 }, () => randomUUID());
  const cursors = (count: number) => Object.fromEntries(ids.slice(0, count).map((id) => [id, 0]));
  const { status } = await service.ask(ada, 'POST', '/v1/sync', { body: { cursors: cursors(201) } });
  expect(status).toBe(400);
  await sql.query(
    `INSERT INTO messaging.conversations SELECT id, 'group', 'x', 'all', 11, 10, 1, now() FROM unnest($1::uuid[]) id`,
    [ids],
  );
  await sql.query(
    `INSERT INTO messaging.members SELECT id, $2, 'owner', 1, 1, NULL, 1 FROM unnest($1::uuid[]) id`,
    [ids, ada.id],
  );
  await sql.query(
    `INSERT INTO messaging.messages SELECT id, n, gen_random_uuid(), n + 1, n + 1, $2, 'x', now(), NULL, NULL, 0, n, 0
     FROM unnest($1::uuid[]) id, generate_series(1, 10) n`,
    [ids, ada.id],
  );
  const synced = Object.values(await sync(ada, cursors(200)));
  expect(synced).toHaveLength(200);
  for (const one of synced) {
    expect(one).toMatchObject({ limited: true, floorSeq: 6, toVersion: 11 });
    expect(one.messages.map(({ seq }) => seq)).toEqual([6, 7, 8, 9, 10]);
  }
});

/** Conversations of ada, made by SQL, each with as many messages, whose cursor is 1. */
async function talkative(conversations: number, messages: number, text: string): Promise<string[]> {
  const ids = Array.from({ length: conversations }, () => randomUUID());
  await sql.query(
    `INSERT INTO messaging.conversations (id, kind, version, last_seq, changed_version, created_at)
     SELECT id, 'group', $2 + 1, $2, 1, now() FROM unnest($1::uuid[]) id`,
    [ids, messages],
  );
  await sql.query(
    `INSERT INTO messaging.members (conversation_id, user_id, role, version, joined_version, visible_from_seq)
     SELECT id, $2, 'owner', 1, 1, 1 FROM unnest($1::uuid[]) id`,
    [ids, ada.id],
  );
  await sql.query(
    `INSERT INTO messaging.messages (conversation_id, seq, id, version, created_version, sender_id, text, created_at,
       command_partition, command_offset, command_index)
     SELECT id, n, gen_random_uuid(), n + 1, n + 1, $2, $4, now(), 0, n, 0
     FROM unnest($1::uuid[]) id, generate_series(1, $3::int8) n`,
    [ids, ada.id, messages, text],
  );
  return ids;
}

const knownUpTo = (ids: string[], version: number) => Object.fromEntries(ids.map((id) => [id, version]));

test('a device that was away for 10,000 messages sees the newest of each conversation, and pages the rest', async () => {
  const ids = await talkative(200, 50, 'x'.repeat(300));
  const synced = await sync(ada, knownUpTo(ids, 1));
  expect(JSON.stringify(synced).length).toBeLessThan(2 * 1024 * 1024);
  const answers = Object.values(synced);
  expect(answers).toHaveLength(200);
  expect(answers.filter(({ limited }) => !limited)).toHaveLength(20);
  for (const [id, { messages, toVersion, limited, floorSeq }] of Object.entries(synced)) {
    const seqs = messages.map(({ seq }) => seq);
    expect(toVersion).toBe(51);
    expect(seqs.at(-1)).toBe(50);
    expect(floorSeq).toBe(limited && seqs[0]);
    const older = await service.ask<Page<Message>>(
      ada,
      'GET',
      `/v1/conversations/${id}/messages?beforeSeq=${seqs[0]}&limit=100`,
    );
    expect([...older.body.items.map(({ seq }) => seq), ...seqs]).toEqual(
      Array.from({ length: 50 }, (_, index) => index + 1),
    );
  }
  expect(Object.values(await sync(ada, knownUpTo(ids, 51)))).toEqual(
    ids.map(() => ({ messages: [], members: [], toVersion: 51 })),
  );
});

test('an answer stays small when texts are as long as they may be', async () => {
  const ids = await talkative(100, 3, 'x'.repeat(limits.textLength.max));
  for (const cursor of [0, 1]) {
    const synced = await sync(ada, knownUpTo(ids, cursor));
    expect(JSON.stringify(synced).length).toBeLessThan(5 * 1024 * 1024);
    const lowest = Object.values(synced).map(({ messages, floorSeq }) => messages[0]?.seq ?? floorSeq);
    // Where the text of the newest message did not fit any more, even that is paged.
    expect(new Set(lowest)).toEqual(new Set(cursor === 0 ? [3, 4] : [1, 3, 4]));
    for (const { messages, floorSeq } of Object.values(synced)) {
      const told = messages.map(({ seq }) => seq);
      expect(told).toEqual([1, 2, 3].filter((seq) => seq >= (floorSeq ?? 1)));
    }
  }
});

test('an answer stays small when messages have as many reactions as they may have', async () => {
  const ids = await talkative(20, 50, 'x');
  const userIds = Array.from({ length: 20 }, () => randomUUID());
  const reactions = Array.from({ length: limits.reactionsPerMessage.max }, () => ({
    emoji: '👍',
    count: 20,
    userIds,
  }));
  await sql.query('UPDATE messaging.messages SET reactions = $2 WHERE conversation_id = ANY ($1)', [
    ids,
    JSON.stringify(reactions),
  ]);
  for (const cursor of [0, 1]) {
    const synced = await sync(ada, knownUpTo(ids, cursor));
    expect(JSON.stringify(synced).length).toBeLessThan(5 * 1024 * 1024);
    for (const { messages, floorSeq } of Object.values(synced)) {
      expect(floorSeq).toBe(messages[0]?.seq ?? 51);
    }
  }
});

test('leaves out the members of large groups', async () => {
  const id = await group([]);
  await sql.query(
    `INSERT INTO messaging.members SELECT $1, gen_random_uuid(), 'member', 2, 2, NULL, 1 FROM generate_series(1, 100)`,
    [id],
  );
  await sql.query('UPDATE messaging.conversations SET version = 2 WHERE id = $1', [id]);
  expect(await syncOne(ada, id, 1)).toMatchObject({ members: [], membersPaged: true });
  expect(await syncOne(ada, id, 2)).toEqual({ messages: [], members: [], membersPaged: true, toVersion: 2 });
  await sql.query(
    `UPDATE messaging.members SET left_version = 3, version = 3
     WHERE conversation_id = $1 AND user_id = (SELECT max(user_id::text)::uuid FROM messaging.members
       WHERE conversation_id = $1 AND user_id <> $2)`,
    [id, ada.id],
  );
  await sql.query('UPDATE messaging.conversations SET version = 3 WHERE id = $1', [id]);
  // No device holds all of those who stayed: they were too many before.
  const smaller = await syncOne(ada, id, 2);
  expect(smaller.membersPaged).toBeUndefined();
  expect(smaller.members.filter(({ leftVersion }) => leftVersion === null)).toHaveLength(100);
  expect(smaller.members.filter(({ leftVersion }) => leftVersion === 3)).toHaveLength(1);
  expect((await syncOne(ada, id, 3)).members).toEqual([]);
});

test('tells the last hundred of those who left, and all who stayed', async () => {
  const id = await group([grace]);
  await sql.query(
    `INSERT INTO messaging.members SELECT $1, gen_random_uuid(), 'member', 2 + n, 2, 2 + n, 1 FROM generate_series(1, 150) n`,
    [id],
  );
  await sql.query('UPDATE messaging.conversations SET version = 152 WHERE id = $1', [id]);
  const { members, membersPaged } = await syncOne(ada, id, 2);
  expect(membersPaged).toBeUndefined();
  const stayed = members.filter(({ leftVersion }) => leftVersion === null).map(({ userId }) => userId);
  expect(stayed.sort()).toEqual([ada.id, grace.id].sort());
  const left = members.flatMap(({ leftVersion }) => leftVersion ?? []).sort((one, other) => one - other);
  expect(left).toEqual(Array.from({ length: 100 }, (_, n) => 53 + n));
});

/** Rows of messages that a connection has read, counted beyond its transactions too. */
async function rowsRead(database: ClientBase): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    `SELECT idx_tup_fetch + seq_tup_read AS count FROM pg_stat_xact_user_tables WHERE relname = 'messages'`,
  );
  return rows[0]?.count ?? 0;
}

test('reads of a long conversation only what changed, much edited as it is', async () => {
  await talkative(1_000, 20, 'x');
  const [id = ''] = await talkative(1, 5_000, 'x');
  // Makes the index of versions the larger one, which the planner then likes less.
  const edit = 'UPDATE messaging.messages SET version = seq + $2 WHERE conversation_id = $1 AND seq % 2 = 0';
  for (let round = 1; round <= 6; round += 1) await sql.query(edit, [id, 5_000 * round]);
  await sql.query('UPDATE messaging.conversations SET version = 35_000 WHERE id = $1', [id]);
  await sql.query('ANALYZE messaging.messages');
  const read = await inTransaction(sql, async (database) => {
    const before = await rowsRead(database);
    const standings = await readStandings(database, ada.id, { [id]: 34_990 });
    expect((await readChanges(database, standings)).get(id)).toHaveLength(5);
    return (await rowsRead(database)) - before;
  });
  expect(read).toBe(10);
});

test('reads everything at one moment, while others write', async () => {
  const id = await group([grace]);
  let writing = true;
  const writer = (async () => {
    for (let count = 0; writing; count += 1) await send(ada, id, `text ${count}`);
  })();
  let cursor = 1;
  const seen: number[] = [];
  for (let round = 0; round < 30; round += 1) {
    const { messages, toVersion, conversation } = await syncOne(grace, id, cursor);
    seen.push(...messages.map(({ seq }) => seq));
    expect(toVersion).toBe(cursor + messages.length);
    if (conversation !== undefined)
      expect(conversation).toMatchObject({ version: toVersion, lastSeq: seen.length });
    cursor = toVersion;
  }
  writing = false;
  await writer;
  expect(seen).toEqual(seen.map((_, index) => index + 1));
});
