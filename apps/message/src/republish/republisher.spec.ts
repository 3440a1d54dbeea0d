import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import {
  type AccountEventRecord,
  type CommandKind,
  type CommandOf,
  type ConversationEventRecord,
  topics,
} from '@parley/contracts';
import { createPool } from '@parley/database';
import { type OutgoingRecord, Publisher, type ReceivedRecord } from '@parley/event-bus';
import { type MemberRow, Membership, MembershipProjection, readMemberRows } from '@parley/membership';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { type Pool } from 'pg';
import { directConversationId } from '../conversations/direct-conversation-id.js';
import { CommandHarness } from '../testing/command-harness.js';
import { TestDatabase } from '../testing/test-database.js';
import { Republisher, type RepublishSelection } from './republisher.js';

let database: TestDatabase;
let presence: Pool;
let membership: Membership;
let harness: CommandHarness;
let projection: MembershipProjection;
const people = Array.from({ length: 5 }, () => randomUUID());
const [owner = '', second = '', third = ''] = people;

beforeAll(async () => {
  database = await TestDatabase.start();
  const options = { applicationName: 'presence', onIdleError: () => undefined };
  presence = createPool({ url: database.presenceUrl, ...options });
  membership = new Membership(presence, 'presence');
});
afterAll(async () => {
  await presence?.end();
  await database?.stop();
});
beforeEach(async () => {
  harness = await CommandHarness.open(database.url);
  for (const table of ['messages', 'members', 'command_results', 'conversations']) {
    await harness.pool.query(`DELETE FROM messaging.${table}`);
  }
  await presence.query('DELETE FROM presence.members');
  const { bus, log } = harness;
  projection = new MembershipProjection({ bus, group: 'presence.membership', membership, log });
  await projection.start();
  await harness.startProcess();
});
afterEach(async () => {
  await projection.stop();
  await harness.close();
});

/** Hands on to the bus, after `before`. */
class Interposed extends Publisher {
  constructor(private readonly before: (records: readonly OutgoingRecord[]) => Promise<void>) {
    super();
  }

  override async publish(records: readonly OutgoingRecord[]) {
    await this.before(records);
    return harness.bus.background.publish(records);
  }
}

function republisher(publisher: Publisher = harness.bus.background): Republisher {
  return new Republisher(harness.pool, publisher, harness.bus.topics);
}

function ask<Kind extends CommandKind>(
  kind: Kind,
  conversationId: string,
  userId: string,
  body: CommandOf<Kind>['body'],
) {
  return harness.ask<Kind>({ kind, conversationId, userId, commandId: randomUUID(), body } as never);
}

async function createGroup(memberIds: string[] = []): Promise<string> {
  const id = randomUUID();
  const body = { kind: 'group', name: 'a group', memberIds, historyForNewMembers: 'all' } as const;
  expect(await ask('conversation.create', id, owner, body)).toMatchObject({ ok: true });
  return id;
}

const columns = `conversation_id AS "conversationId", user_id AS "userId", joined_version AS "joinedVersion",
  left_version AS "leftVersion", visible_from_seq AS "visibleFromSeq"`;

async function rowsOf(pool: Pool, schema: string): Promise<MemberRow[]> {
  const { rows } = await pool.query<MemberRow>(
    `SELECT ${columns} FROM ${schema}.members ORDER BY conversation_id, user_id`,
  );
  return rows;
}
const held = () => rowsOf(presence, 'presence');
const truth = () => rowsOf(harness.pool, 'messaging');

/** Resolves when the projection holds what the message service does. */
async function agreement(): Promise<void> {
  const expected = await truth();
  const same = async () => JSON.stringify(await held()) === JSON.stringify(expected);
  // Only there to tell the difference where it never comes to agree.
  for (let i = 0; i < 2_000 && !(await same()); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(await held()).toEqual(expected);
}

const command = fc.oneof(
  fc.record({ kind: fc.constant('member.add' as const), by: fc.nat(4), who: fc.nat(4) }),
  fc.record({ kind: fc.constant('member.remove' as const), by: fc.nat(4), who: fc.nat(4) }),
  fc.record({
    kind: fc.constant('member.update' as const),
    by: fc.nat(4),
    who: fc.nat(4),
    role: fc.constantFrom('owner' as const, 'admin' as const, 'member' as const),
  }),
  fc.record({ kind: fc.constant('message.send' as const), by: fc.nat(4) }),
  fc.record({
    kind: fc.constant('conversation.update' as const),
    by: fc.nat(4),
    name: fc.string({ minLength: 1 }),
  }),
  fc.record({ kind: fc.constant('republish' as const) }),
);

type Step = typeof command extends fc.Arbitrary<infer Value> ? Value : never;

async function perform(id: string, step: Step): Promise<void> {
  if (step.kind === 'republish') return void (await republisher().republish({ of: 'conversation', id }));
  const by = people[step.by] ?? '';
  switch (step.kind) {
    case 'member.add':
      await ask('member.add', id, by, {
        userIds: [people[step.who] ?? '', people[(step.who + 1) % 5] ?? ''],
      });
      return;
    case 'member.remove':
      await ask('member.remove', id, by, { userId: people[step.who] ?? '' });
      return;
    case 'member.update':
      await ask('member.update', id, by, { userId: people[step.who] ?? '', role: step.role });
      return;
    case 'message.send':
      await ask('message.send', id, by, { text: 'text' });
      return;
    case 'conversation.update':
      await ask('conversation.update', id, by, { name: step.name });
  }
}

test('whatever happens to members, their events hold all that a projection needs, in any order and any number', async () => {
  const steps = fc.array(command, { minLength: 5, maxLength: 25 });
  await fc.assert(
    fc.asyncProperty(steps, fc.infiniteStream(fc.nat(1_000)), async (wishes, chances) => {
      const values: Buffer[] = [];
      const following = await harness.bus.reader.follow({
        topics: [topics.conversationEvents.name],
        from: 'latest',
        onRecords: (records) => void values.push(...records.map(({ value }) => value ?? Buffer.alloc(0))),
      });
      const id = await createGroup([second, third]);
      for (const wish of wishes) await perform(id, wish);
      await agreement();
      await following.stop();

      // The same records once more, doubled and in any order, to a projection that has lost everything.
      await presence.query('DELETE FROM presence.members WHERE conversation_id = $1', [id]);
      const chance = () => chances.next().value as number;
      const records = values
        .flatMap((value) => Array.from({ length: 1 + (chance() % 2) }, () => ({ value, place: chance() })))
        .sort((a, b) => a.place - b.place);
      while (records.length > 0) {
        const some = records.splice(0, 1 + (chance() % 5));
        await membership.apply(some.flatMap((record) => readMemberRows(record)));
      }
      await agreement();
    }),
    { numRuns: 15 },
  );
});

/** Large groups as a database holds them, some of their people gone. */
async function insertGroup(size: number): Promise<string> {
  const id = await harness.insertConversation(
    Object.fromEntries(Array.from({ length: size }, () => [randomUUID(), 'member'])),
  );
  await harness.pool.query('UPDATE messaging.conversations SET version = 7 WHERE id = $1', [id]);
  await harness.pool.query(
    `UPDATE messaging.members SET left_version = 5, version = 5
     WHERE conversation_id = $1 AND user_id > 'a0000000-0000-0000-0000-000000000000'`,
    [id],
  );
  return id;
}

/** Each of one person. */
async function insertSmallGroups(count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  await harness.pool.query(
    `INSERT INTO messaging.conversations SELECT id, 'group', 'small', 'all', 1, 0, 1, now() FROM unnest($1::uuid[]) u (id)`,
    [ids],
  );
  await harness.pool.query(
    `INSERT INTO messaging.members (conversation_id, user_id, role, version, joined_version, visible_from_seq)
     SELECT id, gen_random_uuid(), 'owner', 1, 1, 1 FROM unnest($1::uuid[]) u (id)`,
    [ids],
  );
  return ids;
}

test('a projection that has nothing gets all, large groups in pages, marked and below the limit of a record', async () => {
  const ids = [await insertGroup(4_600), await insertGroup(3), ...(await insertSmallGroups(230))];
  const published: OutgoingRecord[] = [];
  const spy = new Interposed(async (records) => void published.push(...records));
  const progress = await republisher(spy).republish({ of: 'all' });
  expect(progress).toMatchObject({ conversations: 232, members: 4_833 });
  await agreement();

  const events = published
    .filter(({ topic }) => topic === topics.conversationEvents.name)
    .map(({ value }) => JSON.parse(value ?? '') as ConversationEventRecord);
  const large = events.filter(({ body }) => body.conversationId === ids[0]);
  expect(large.map(({ event }) => event)).toEqual([
    'conversation.created',
    ...Array.from({ length: large.length - 1 }, () => 'member.updated'),
  ]);
  expect(large.length).toBeGreaterThanOrEqual(10);
  expect(large[0]).toMatchObject({
    body: { version: 7, conversation: { id: ids[0], kind: 'group', version: 7 } },
  });
  expect(Math.max(...published.map(({ value }) => value?.length ?? 0))).toBeLessThan(200_000);
  expect(events.every(({ republished }) => republished === true)).toBe(true);
  const begun = events.filter(({ event }) => event === 'conversation.created');
  expect(begun.map(({ body }) => body.conversationId)).toEqual([...ids].sort());
});

test('a change that races with it is not undone', async () => {
  const id = await createGroup([second, third]);
  let raced = false;
  const racing = new Interposed(async (records) => {
    if (raced || records[0]?.key !== id) return;
    raced = true;
    // Read already, and not published yet.
    await ask('member.remove', id, owner, { userId: second });
    await agreement();
  });
  await republisher(racing).republish({ of: 'conversation', id });
  expect(raced).toBe(true);
  await ask('member.remove', id, owner, { userId: third });
  await agreement();
  expect(
    (await held()).find((row) => row.conversationId === id && row.userId === second)?.leftVersion,
  ).toBeGreaterThan(0);
});

test('what a block made is told by nobody before its first message, and then by all', async () => {
  const id = directConversationId(second, third);
  expect(await ask('user.block', id, second, { userId: third })).toMatchObject({ ok: true });
  expect(await republisher().republish({ of: 'all' })).toMatchObject({ conversations: 0, members: 0 });
  expect(await held()).toEqual([]);
  expect(await ask('user.unblock', id, second, { userId: third })).toMatchObject({ ok: true });
  expect(await ask('message.send', id, second, { text: 'text' })).toMatchObject({ ok: true });
  await agreement();
  await presence.query('DELETE FROM presence.members');
  await republisher().republish({ of: 'since', since: new Date(Date.now() + 3_600_000) });
  await agreement();
});

test('by time: only what has changed since', async () => {
  const [untouched, changed] = [await insertGroup(2), await createGroup([second])];
  await ask('message.send', changed, owner, { text: 'text' });
  const keys: (string | undefined)[] = [];
  const spy = new Interposed(async (records) => {
    for (const { topic, key } of records) if (topic === topics.conversationEvents.name) keys.push(key);
  });
  const hourAgo = new Date(Date.now() - 3_600_000);
  await republisher(spy).republish({ of: 'since', since: hourAgo });
  expect(keys).toEqual([changed]);
  await republisher(spy).republish({ of: 'since', since: new Date(Date.now() + 3_600_000) });
  expect(keys).toEqual([changed]);
  expect(await republisher().republish({ of: 'conversation', id: untouched })).toMatchObject({ members: 2 });
  expect(await republisher().republish({ of: 'conversation', id: randomUUID() })).toMatchObject({
    conversations: 0,
  });
});

test('goes on where it was interrupted, whatever the page', async () => {
  for (let i = 0; i < 3; i++) await insertGroup(2_100);
  await insertSmallGroups(410);
  await insertPeople(250);
  let rest: RepublishSelection | undefined = { of: 'all' };
  let accounts = 0;
  let runs = 0;
  while (rest !== undefined) {
    runs += 1;
    const ending = new AbortController();
    const progress = await republisher().republish(rest, {
      signal: ending.signal,
      // At the first page that is not only the middle of one group.
      onProgress: (now) => now.rest !== rest && ending.abort(),
    });
    accounts += progress.accounts;
    rest = ending.signal.aborted ? progress.rest : undefined;
  }
  expect(runs).toBeGreaterThanOrEqual(6);
  expect(accounts).toBe(250);
  await agreement();
});

async function insertPeople(count: number): Promise<string[]> {
  await harness.pool.query('DELETE FROM messaging.users');
  const { rows } = await harness.pool.query<{ id: string }>(
    `INSERT INTO messaging.users (id, username, display_name)
     SELECT gen_random_uuid(), 'user' || n, 'User ' || n FROM generate_series(1, $1) n RETURNING id`,
    [count],
  );
  return rows.map(({ id }) => id);
}

test('accounts are told as they are, and no change of one is overtaken', async () => {
  const [id = '', blocked = ''] = await insertPeople(3);
  await harness.pool.query(`INSERT INTO messaging.blocks VALUES ($1, $2, gen_random_uuid(), now())`, [
    id,
    blocked,
  ]);
  await harness.pool.query(`UPDATE messaging.users SET presence_visible_to = 'nobody' WHERE id = $1`, [id]);
  const told: AccountEventRecord[] = [];
  await harness.bus.topics.ensure([topics.accountEvents]);
  await harness.bus.reader.follow({
    topics: [topics.accountEvents.name],
    from: 'earliest',
    onRecords: (records: readonly ReceivedRecord[]) =>
      void told.push(...records.map(({ value }) => JSON.parse(String(value)) as AccountEventRecord)),
  });
  let isPublished = false;
  let renamed: Promise<boolean> | undefined;
  const slow = new Interposed(async () => {
    renamed = harness.pool
      .query(`UPDATE messaging.users SET display_name = 'New' WHERE id = $1`, [id])
      .then(() => isPublished);
    const waiting = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE messaging.users%'`;
    while ((await harness.pool.query(waiting)).rowCount === 0) await new Promise(setImmediate);
    isPublished = true;
  });
  expect(await republisher(slow).republish({ of: 'accounts' })).toMatchObject({
    accounts: 3,
    conversations: 0,
  });
  expect(await renamed).toBe(true);
  while (told.length < 3) await new Promise(setImmediate);
  expect(told.find(({ userId }) => userId === id)).toMatchObject({
    event: 'user.updated',
    republished: true,
    username: expect.stringMatching(/^user\d$/),
    displayName: expect.stringMatching(/^User \d$/),
    presenceVisibleTo: 'nobody',
    blockedUserIds: [blocked],
  });
});
