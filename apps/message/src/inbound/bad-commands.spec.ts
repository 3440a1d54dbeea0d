import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type DeadLetter } from '@parley/event-bus';
import { randomUUID } from 'node:crypto';
import { directConversationId } from '../conversations/direct-conversation-id.js';
import { CommandHarness } from '../testing/command-harness.js';
import { TestDatabase } from '../testing/test-database.js';

let database: TestDatabase;
let harness: CommandHarness;
const ada = randomUUID();
const textOf = ({ value }: DeadLetter) => Buffer.from(value ?? '', 'base64').toString();

beforeAll(async () => {
  database = await TestDatabase.start();
});
afterAll(() => database.stop());
beforeEach(async () => {
  harness = await CommandHarness.open(database.url);
});
afterEach(() => harness.close());

test('content that the database refuses costs nobody else anything, wherever it stands in the batch', async () => {
  const [one, other] = [
    await harness.insertConversation({ [ada]: 'owner' }),
    await harness.insertConversation({ [ada]: 'owner' }),
  ];
  const poison = new Set([0, 7, 8, 30, 59]);
  const requests: number[] = [];
  for (let n = 0; n < 60; n++) {
    const text = poison.has(n) ? `bad\0${n}` : `good ${n}`;
    requests.push(await harness.append(harness.send(n % 4 === 0 ? one : other, ada, text)));
  }
  await harness.startProcess();
  const acks = await Promise.all(requests.map((request) => harness.replyTo(request)));
  acks.forEach((ack, n) =>
    expect(ack).toMatchObject(
      poison.has(n)
        ? { ok: false, error: { code: 'INVALID', outcome: 'none', retryable: false } }
        : { ok: true, data: { message: { text: `good ${n}` } } },
    ),
  );
  await harness.until(() => harness.deadLetters.length === poison.size);
  expect(harness.deadLetters.every(({ reason }) => /invalid byte sequence/.test(reason))).toBe(true);
  for (const [id, count] of [
    [one, 13],
    [other, 42],
  ] as const) {
    const { rows } = await harness.pool.query<{ seq: number; text: string }>(
      'SELECT seq, text FROM messaging.messages WHERE conversation_id = $1 ORDER BY seq',
      [id],
    );
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: count }, (_, n) => n + 1));
  }
});

test('a name that the database refuses is put aside and answered', async () => {
  await harness.startProcess();
  const id = await harness.insertConversation({ [ada]: 'owner' });
  const rename = (name: string) => ({
    kind: 'conversation.update' as const,
    conversationId: id,
    userId: ada,
    commandId: randomUUID(),
    body: { name },
  });
  const bad = rename('bad\0');
  expect(await harness.ask(bad)).toMatchObject({
    ok: false,
    error: { code: 'INVALID', outcome: 'none' },
  });
  expect(await harness.ask(rename('good'))).toMatchObject({
    ok: true,
    data: { conversation: { name: 'good' } },
  });
  expect(harness.deadLetters).toHaveLength(1);
  const [letter] = harness.deadLetters;
  const position = { topic: 'conversation.commands', partition: expect.any(Number), offset: 0, index: 0 };
  expect(letter).toMatchObject({ ...position, key: id, handler: bad.kind, attempts: 1 });
  expect(JSON.parse(textOf(letter as DeadLetter))).toMatchObject(bad);
});

test('what cannot be read is put aside, and answered where an origin can be read', async () => {
  await harness.startProcess();
  const id = await harness.insertConversation({ [ada]: 'owner' });
  const origin = { slot: 'rest', incarnation: 1, session: null, request: 4_711 };
  const values = [
    'no JSON',
    'null',
    '[]',
    '{"kind":"message.send"}',
    JSON.stringify({ ...harness.send('no uuid', ada, 'text'), origin }),
    JSON.stringify({ ...harness.send(id, ada, 'text'), origin: { ...origin, slot: '../etc' } }),
  ];
  for (const value of values) await harness.appendRaw(id, value);
  expect(await harness.replyTo(origin.request)).toMatchObject({
    ok: false,
    error: { code: 'INVALID', message: expect.stringContaining('conversationId') },
  });
  expect(await harness.ask(harness.send(id, ada, 'after them'))).toMatchObject({ ok: true });
  await harness.until(() => harness.deadLetters.length === values.length);
  expect(harness.deadLetters.map(textOf).sort()).toEqual([...values].sort());
});

test('what is too long even for a dead letter is cut, and what comes after it is handled', async () => {
  await harness.startProcess();
  const id = await harness.insertConversation({ [ada]: 'owner' });
  const value = 'x'.repeat(900_000);
  await harness.appendRaw(id, value);
  expect(await harness.ask(harness.send(id, ada, 'after it'))).toMatchObject({ ok: true });
  await harness.until(() => harness.deadLetters.length === 1);
  const [letter] = harness.deadLetters;
  expect(letter).toMatchObject({ valueTruncated: true, handler: 'read-command' });
  expect(textOf(letter as DeadLetter)).toMatch(/^x{700000,}$/);
});

test('lone surrogates are refused before they are stored as something else than is delivered', async () => {
  await harness.startProcess();
  const id = await harness.insertConversation({ [ada]: 'owner' });
  expect(await harness.ask(harness.send(id, ada, 'half \ud83d'))).toMatchObject({
    error: { code: 'INVALID' },
  });
  expect(await harness.ask(harness.send(id, ada, 'whole 😀'))).toMatchObject({
    data: { message: { seq: 1 } },
  });
});

test('a kind of a newer version is refused for now, and not put aside', async () => {
  await harness.startProcess();
  const id = await harness.insertConversation({ [ada]: 'owner' });
  const origin = { slot: 'rest', incarnation: 1, session: null, request: 4_712 };
  await harness.appendRaw(id, JSON.stringify({ kind: 'message.pin', conversationId: id, origin }));
  expect(await harness.replyTo(4_712)).toMatchObject({
    ok: false,
    error: { code: 'UNAVAILABLE', retryable: true, outcome: 'none' },
  });
  await harness.ask(harness.send(id, ada, 'after it'));
  expect(harness.deadLetters).toEqual([]);
});

test('a group cannot take the id of a direct conversation', async () => {
  await harness.startProcess();
  const grace = randomUUID();
  const conversationId = directConversationId(ada, grace);
  const create = (userId: string, kind: 'direct' | 'group', memberIds: string[]) =>
    harness.ask({
      kind: 'conversation.create',
      conversationId,
      userId,
      commandId: randomUUID(),
      body: { kind, name: kind === 'group' ? 'trap' : null, memberIds, historyForNewMembers: 'all' },
    } as never);
  expect(await create(randomUUID(), 'group', [ada, grace])).toMatchObject({
    ok: false,
    error: { code: 'INVALID' },
  });
  expect(await create(ada, 'direct', [grace])).toMatchObject({
    ok: true,
    data: { conversation: { kind: 'direct' } },
  });
});
