import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { CommandHarness } from '../testing/command-harness.js';
import { TestDatabase } from '../testing/test-database.js';
import { directConversationId } from './direct-conversation-id.js';

let database: TestDatabase;
let harness: CommandHarness;
let ada: string;
let grace: string;
let id: string;
const life = { slot: 'gateway-0', incarnation: 5 };

beforeAll(async () => {
  database = await TestDatabase.start();
});
afterAll(() => database.stop());
beforeEach(async () => {
  harness = await CommandHarness.open(database.url);
  await harness.openInbox('gateway-0');
  [ada, grace] = [randomUUID(), randomUUID()];
  id = directConversationId(ada, grace);
  harness.connect(ada, life, 1);
  harness.connect(grace, life, 2);
  await harness.startProcess();
});
afterEach(() => harness.close());

const wishOf = <Kind extends 'user.block' | 'user.unblock'>(kind: Kind, userId: string, other: string) => ({
  kind,
  conversationId: id,
  userId,
  commandId: randomUUID(),
  body: { userId: other },
});

const block = () => harness.ask<'user.block'>(wishOf('user.block', ada, grace));
const unblock = () => harness.ask<'user.unblock'>(wishOf('user.unblock', ada, grace));

function create(userId = ada, other = grace) {
  const body = {
    kind: 'direct' as const,
    name: null,
    memberIds: [other],
    historyForNewMembers: 'all' as const,
  };
  const head = { kind: 'conversation.create' as const, conversationId: id, userId, commandId: randomUUID() };
  return harness.ask<'conversation.create'>({ ...head, body });
}

const send = (userId: string) => harness.ask(harness.send(id, userId, 'text'));

const toldEvents = () => harness.events.map(({ event, body }) => `${event} ${body.version}`);
/** Members are told in the order of their ids, which are random. */
const deliveries = () =>
  harness.deliveries.map(
    ({ event, body, recipients }) => `${event} ${body.version} to ${[...recipients].sort().join()}`,
  );

async function outboxOf(userId: string): Promise<string[]> {
  const { rows } = await harness.pool.query<{ record: string }>(
    'SELECT record FROM messaging.account_outbox WHERE user_id = $1 ORDER BY id',
    [userId],
  );
  return rows.map(({ record }) => (JSON.parse(record) as { event: string }).event);
}

test('a block is told to both as the conversation with a new version, the same row', async () => {
  await create();
  expect(await block()).toMatchObject({ ok: true });
  await harness.until(() => harness.events.length === 2);
  expect(toldEvents()).toEqual(['conversation.created 1', 'conversation.updated 2']);
  expect(deliveries()).toEqual(['conversation.created 1 to 1,2', 'conversation.updated 2 to 1,2']);
  expect(Object.keys(harness.deliveries[1]?.body ?? {})).toEqual([
    'conversationId',
    'version',
    'conversation',
  ]);
  expect(await outboxOf(ada)).toEqual(['user.blocked']);
});

test('of a conversation that a block made, nothing is told before its first message', async () => {
  await block();
  await unblock();
  const refused = { ok: false, error: { code: 'FORBIDDEN', outcome: 'none', retryable: false } };
  await block();
  expect(await send(grace)).toMatchObject(refused);
  await unblock();
  expect([...toldEvents(), ...deliveries()]).toEqual([]);
  expect(await send(grace)).toMatchObject({ ok: true, data: { message: { seq: 1, version: 5 } } });
  await harness.until(() => harness.events.length === 2);
  expect(toldEvents()).toEqual(['conversation.created 4', 'message.created 5']);
  expect(deliveries()).toEqual(['conversation.created 4 to 1,2', 'message.created 5 to 1,2']);
  expect(harness.events[0]?.body).toMatchObject({
    conversation: { id, kind: 'direct', version: 4, lastSeq: 0 },
    members: expect.arrayContaining([
      { userId: ada, role: 'member', joinedVersion: 1, leftVersion: null, visibleFromSeq: 1 },
    ]),
  });
  await send(ada);
  await harness.until(() => harness.events.length === 3);
  expect(toldEvents()[2]).toBe('message.created 6');
});

test('creating such a conversation tells of it, once', async () => {
  await block();
  expect(await create(grace, ada)).toMatchObject({ ok: true, data: { conversation: { version: 2 } } });
  expect(await create(grace, ada)).toMatchObject({ ok: true, data: { conversation: { version: 2 } } });
  await unblock();
  await send(ada);
  await harness.until(() => harness.events.length === 3);
  expect(toldEvents()).toEqual(['conversation.created 2', 'conversation.updated 3', 'message.created 4']);
});

test('after a crash everything is told again, and nothing happens twice', async () => {
  const wish = wishOf('user.block', ada, grace);
  const free = wishOf('user.unblock', ada, grace);
  const message = harness.send(id, grace, 'text');
  await harness.ask<'user.block'>(wish);
  await harness.ask<'user.unblock'>(free);
  await harness.ask(message);
  await harness.until(() => harness.events.length === 2);
  const successor = await CommandHarness.open(database.url);
  try {
    await successor.startProcess();
    // At the same positions of the log as before.
    expect(await successor.ask<'user.block'>(wish)).toMatchObject({ ok: true });
    expect(await successor.ask<'user.unblock'>(free)).toMatchObject({ ok: true });
    expect(await successor.ask(message)).toMatchObject({ ok: true, data: { message: { version: 3 } } });
    const again = () => successor.events.filter(({ event }) => event !== 'conversation.updated');
    await successor.until(() => again().length === 3);
    const body: Record<string, unknown> = { ...harness.events[0]?.body };
    // Its members are a set.
    const members = expect.arrayContaining(body['members'] as unknown[]);
    const created = { ...harness.events[0], occurredAt: expect.any(String), body: { ...body, members } };
    expect(again().at(-2)).toEqual(created);
    expect(again().at(-1)).toEqual(harness.events[1]);
  } finally {
    await successor.close();
  }
  expect(await outboxOf(ada)).toEqual(['user.blocked', 'user.unblocked']);
});

test('of messages racing with a block, none of the blocked has a higher version', async () => {
  await create();
  const requests: number[] = [];
  for (let n = 0; n < 60; n += 1) {
    requests.push(await harness.append(harness.send(id, n % 2 === 0 ? grace : ada, `text ${n}`)));
    if (n === 29) requests.push(await harness.append(wishOf('user.block', ada, grace)));
  }
  const answers = await Promise.all(requests.map((request) => harness.replyTo(request)));
  expect(answers.map(({ ok }) => ok)).toEqual(answers.map((_, n) => n <= 30));
  const { rows } = await harness.pool.query<{ last: number; blocked: number }>(
    `SELECT max(m.version) AS last, c.version AS blocked FROM messaging.messages m
     JOIN messaging.conversations c ON c.id = m.conversation_id WHERE c.id = $1 GROUP BY c.version`,
    [id],
  );
  expect(rows).toEqual([{ last: 31, blocked: 32 }]);
});

test('an owner that does not know of a block yet sends nothing past it', async () => {
  await create();
  await send(grace);
  // Another process blocked meanwhile: what this one remembers is stale.
  await harness.pool.query(
    `WITH raised AS (UPDATE messaging.conversations SET version = version + 1 WHERE id = $1)
     INSERT INTO messaging.blocks VALUES ($2, $3, $1, now())`,
    [id, ada, grace],
  );
  expect(await send(grace)).toMatchObject({ ok: false, error: { code: 'FORBIDDEN' } });
  expect(await send(ada)).toMatchObject({ ok: false, error: { code: 'FORBIDDEN' } });
});

test('refuses another conversation than that of the two, and oneself', async () => {
  const group = await harness.insertConversation({ [ada]: 'owner', [grace]: 'member' });
  const elsewhere = { ...wishOf('user.block', ada, grace), conversationId: group };
  const oneself = { ...wishOf('user.block', ada, ada), conversationId: directConversationId(ada, ada) };
  for (const wish of [elsewhere, oneself]) {
    expect(await harness.ask<'user.block'>(wish)).toMatchObject({ ok: false, error: { code: 'INVALID' } });
  }
});

test('a block that waits for its account holds up nobody else', async () => {
  const elsewhere = await harness.insertConversation({ [grace]: 'owner' });
  await harness.pool.query(
    `INSERT INTO messaging.users (id, username, display_name) VALUES ($1, gen_random_uuid(), 'Ada')`,
    [ada],
  );
  const holder = await harness.pool.connect();
  holder.on('error', () => undefined);
  await holder.query('BEGIN');
  await holder.query('SELECT FROM messaging.users WHERE id = $1 FOR SHARE', [ada]);
  const request = await harness.append<'user.block'>(wishOf('user.block', ada, grace));
  for (let n = 0; n < 2; n += 1) {
    expect(await harness.ask(harness.send(elsewhere, grace, 'text'))).toMatchObject({ ok: true });
  }
  expect(harness.replies.has(request)).toBe(false);
  // The database would have ended it after 3 s.
  await holder.query('COMMIT');
  holder.release();
  expect(await harness.replyTo(request)).toMatchObject({ ok: true });
});
