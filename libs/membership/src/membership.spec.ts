import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { deadLetterTopic, topics } from '@parley/contracts';
import { createPool, ensureDatabase, migrate } from '@parley/database';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@parley/database/embedded';
import { createMemoryBus, type DeadLetter, type MemoryBus } from '@parley/event-bus';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Pool } from 'pg';
import { type MemberRow, Membership, MembershipProjection } from './index.js';

let folder: string;
let server: EmbeddedPostgres;
let pool: Pool;
let membership: Membership;
const warnings: string[] = [];
const log = {
  info: () => undefined,
  warn: (_: object, message: string) => void warnings.push(message),
  error: (_: object, message: string) => void warnings.push(message),
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-membership-'));
  server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
  const adminUrl = await ensureDatabase(server.url, 'parley');
  await migrate({ adminUrl, roles: { parley_presence: 'secret' } });
  const url = Object.assign(new URL(adminUrl), { username: 'parley_presence', password: 'secret' }).href;
  pool = createPool({ url, applicationName: 'spec', onIdleError: () => undefined });
  membership = new Membership(pool, 'presence');
});
afterAll(async () => {
  await pool?.end();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

const [ada, grace, linus, donald] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];

function row(
  conversationId: string,
  userId: string,
  joinedVersion: number,
  leftVersion: number | null = null,
) {
  return { conversationId, userId, joinedVersion, leftVersion, visibleFromSeq: joinedVersion };
}

async function held(conversationId: string): Promise<MemberRow[]> {
  const { rows } = await pool.query<MemberRow>(
    `SELECT conversation_id AS "conversationId", user_id AS "userId", joined_version AS "joinedVersion",
       left_version AS "leftVersion", visible_from_seq AS "visibleFromSeq"
     FROM presence.members WHERE conversation_id = $1 ORDER BY user_id`,
    [conversationId],
  );
  return rows;
}

async function isMember(conversationId: string, userId: string): Promise<boolean> {
  return (await held(conversationId)).some((each) => each.userId === userId && each.leftVersion === null);
}

describe('the table', () => {
  test('holds the newest row of every member, whatever was told in which order and how often', async () => {
    const users = [ada, grace, linus].sort();
    const toggles = fc.array(fc.constantFrom(...users), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(toggles, fc.infiniteStream(fc.nat(1_000)), async (toggled, chances) => {
        const conversationId = randomUUID();
        const now = new Map<string, MemberRow>();
        const told: MemberRow[] = [];
        toggled.forEach((userId, index) => {
          const before = now.get(userId);
          const version = index + 1;
          const leaves = before !== undefined && before.leftVersion === null;
          const after = leaves ? { ...before, leftVersion: version } : row(conversationId, userId, version);
          now.set(userId, after);
          told.push(after);
        });
        const chance = () => chances.next().value as number;
        const doubled = told.flatMap((one) => Array.from({ length: 1 + (chance() % 2) }, () => one));
        const shuffled = doubled
          .map((one) => ({ one, place: chance() }))
          .sort((a, b) => a.place - b.place)
          .map(({ one }) => one);
        while (shuffled.length > 0) await membership.apply(shuffled.splice(0, 1 + (chance() % 4)));
        const expected = users.flatMap((userId) => now.get(userId) ?? []);
        expect(await held(conversationId)).toEqual(expected);
        for (const userId of users) {
          const isLeft = now.get(userId)?.leftVersion !== null;
          expect(await isMember(conversationId, userId)).toBe(!isLeft);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('takes any number of rows, also from several at once in any order', async () => {
    const conversationId = randomUUID();
    const many = Array.from({ length: 12_000 }, () => row(conversationId, randomUUID(), 1));
    await Promise.all([membership.apply(many), membership.apply([...many].reverse())]);
    expect(await held(conversationId)).toHaveLength(12_000);
  });

  test('tells who shares a conversation with somebody now', async () => {
    const [me, direct, groupMate, former, formerOfMine, stranger] = Array.from({ length: 6 }, () =>
      randomUUID(),
    ) as [string, string, string, string, string, string];
    const [one, two, three] = [randomUUID(), randomUUID(), randomUUID()];
    await membership.apply([
      row(one, me, 1),
      row(one, direct, 1),
      row(two, me, 1),
      row(two, direct, 1),
      row(two, groupMate, 3),
      row(two, former, 1, 4),
      row(three, me, 1, 2),
      row(three, formerOfMine, 1),
    ]);
    const asked = [direct, groupMate, former, formerOfMine, stranger, me];
    expect(await membership.sharesConversation(me, asked)).toEqual(new Set([direct, groupMate, me]));
    expect(await membership.sharesConversation(stranger, asked)).toEqual(new Set([stranger]));
    expect(await membership.sharesConversation(me, [])).toEqual(new Set());
  });

  test('tells it of people in very many conversations too, in a table that nobody has counted yet', async () => {
    const conversations = Array.from({ length: 2_000 }, () => randomUUID());
    const me = randomUUID();
    const others = Array.from({ length: 400 }, () => randomUUID());
    await membership.apply([
      ...conversations.map((conversationId) => row(conversationId, me, 1)),
      ...others.flatMap((other) => conversations.slice(0, 80).map((id) => row(id, other, 2))),
    ]);
    const strangers = Array.from({ length: 100 }, () => randomUUID());
    expect(await membership.sharesConversation(me, [...others, ...strangers])).toEqual(new Set(others));
  });
});

describe('the projection', () => {
  let bus: MemoryBus;
  let projection: MembershipProjection;
  const events = topics.conversationEvents.name;

  beforeEach(async () => {
    bus = createMemoryBus();
    projection = new MembershipProjection({
      bus,
      group: 'presence.membership',
      membership,
      log,
      backoff: { minMs: 1, maxMs: 5 },
    });
    await projection.start();
  });
  afterEach(async () => {
    await projection.stop();
    await bus.close();
  });

  function record(event: string, { conversationId, ...member }: MemberRow, head: object = {}) {
    const members = [{ role: 'member', ...member }];
    const version = member.leftVersion ?? member.joinedVersion;
    const body = { conversationId, version, members };
    const value = JSON.stringify({ event, contract: 1, occurredAt: '', actorId: ada, ...head, body });
    return { topic: events, key: conversationId, value };
  }

  /** The last record of a conversation is applied after all before it. */
  async function publishThrough(...records: { topic: string; key: string; value: string }[]): Promise<void> {
    const key = records[0]?.key ?? '';
    const last = row(key, randomUUID(), 1);
    await bus.publisher.publish([...records, record('member.joined', last)]);
    while (!(await isMember(key, last.userId))) await new Promise(setImmediate);
  }

  test('applies the rows of every event that carries some, republished ones and unknown ones too', async () => {
    const id = randomUUID();
    await publishThrough(
      record('conversation.created', row(id, ada, 1), { republished: true }),
      record('member.joined', row(id, grace, 2)),
      record('member.left', row(id, grace, 2, 3)),
      record('member.joined', row(id, linus, 4)),
      record('member.promoted', row(id, donald, 5), { contract: 2 }),
      { topic: events, key: id, value: '{"event":"message.created","contract":1,"body":{}}' },
      {
        topic: events,
        key: id,
        value: JSON.stringify({ event: 'conversation.updated', body: { conversationId: id } }),
      },
    );
    expect(await held(id)).toHaveLength(5);
    const members = await Promise.all([ada, grace, linus, donald].map((user) => isMember(id, user)));
    expect(members).toEqual([true, false, true, true]);
  });

  test('puts aside what cannot be read, and applies what stands beside it', async () => {
    const letters: string[] = [];
    await bus.reader.follow({
      topics: [deadLetterTopic(events).name],
      from: 'earliest',
      onRecords: (records) => {
        for (const { value } of records) {
          const letter = JSON.parse(String(value)) as DeadLetter;
          letters.push(Buffer.from(letter.value ?? '', 'base64').toString());
        }
      },
    });
    const id = randomUUID();
    const impossible = record('member.left', row(id, grace, 5, 4)).value;
    const poison = ['no JSON', '{}', impossible];
    await publishThrough(
      record('member.joined', row(id, ada, 1)),
      ...poison.map((value) => ({ topic: events, key: id, value })),
    );
    expect(await isMember(id, ada)).toBe(true);
    expect(await isMember(id, grace)).toBe(false);
    while (letters.length < poison.length) await new Promise(setImmediate);
    expect(letters).toEqual(poison);
  });

  test('waits for a database that is away, and puts nothing aside', async () => {
    const id = randomUUID();
    const { port } = server;
    await server.kill();
    await bus.publisher.publish([record('member.joined', row(id, ada, 1))]);
    warnings.length = 0;
    while (warnings.length < 4) await new Promise(setImmediate);
    server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), port });
    await publishThrough(record('member.joined', row(id, grace, 2)));
    expect(await isMember(id, ada)).toBe(true);
    expect(await bus.topics.endOffsets(deadLetterTopic(events).name)).toEqual([0]);
  });
});
