import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type Receipt, type ReceiptSummarized, type SignalOf, topics } from '@parley/contracts';
import { randomUUID } from 'node:crypto';
import { CommandHarness } from '../testing/command-harness.js';
import { TestDatabase } from '../testing/test-database.js';

jest.setTimeout(60_000);

let database: TestDatabase;
let harness: CommandHarness;
let ada: string;
let grace: string;
let alan: string;
const life = { slot: 'gateway-0', incarnation: 1 };

beforeAll(async () => {
  database = await TestDatabase.start();
});
afterAll(() => database.stop());
beforeEach(async () => {
  harness = await CommandHarness.open(database.url);
  await harness.openInbox(life.slot);
  [ada, grace, alan] = [randomUUID(), randomUUID(), randomUUID()];
});
afterEach(() => harness.close());

type Marks = { deliveredSeq?: number; readSeq?: number };

function advance(conversationId: string, userId: string, marks: Marks): SignalOf<'receipt.advance'> {
  const deviceId = randomUUID();
  return { kind: 'receipt.advance', conversationId, userId, deviceId, ...marks, deviceActive: true };
}

/** A conversation of these members with that many messages, written by the first. */
async function conversation(members: string[], messages: number): Promise<string> {
  const roles = Object.fromEntries(members.map((id, n) => [id, n === 0 ? 'owner' : 'member'] as const));
  const id = await harness.insertConversation(roles);
  await addMessages(id, members[0] ?? '', messages);
  return id;
}

async function addMessages(id: string, senderId: string, messages: number): Promise<void> {
  await harness.pool.query(
    `INSERT INTO messaging.messages (conversation_id, seq, id, version, created_version, sender_id, text, created_at,
       command_partition, command_offset, command_index)
     SELECT $1, c.last_seq + n, gen_random_uuid(), c.version + n, c.version + n, $2, 'text', now(), 0, 0, 0
     FROM messaging.conversations c, generate_series(1, $3::int) n WHERE c.id = $1`,
    [id, senderId, messages],
  );
  await harness.pool.query(
    'UPDATE messaging.conversations SET last_seq = last_seq + $2, version = version + $2 WHERE id = $1',
    [id, messages],
  );
}

async function stored(conversationId: string): Promise<Map<string, [number, number]>> {
  const { rows } = await harness.pool.query<Receipt>(
    `SELECT user_id AS "userId", delivered_seq AS "deliveredSeq", read_seq AS "readSeq"
     FROM messaging.receipts WHERE conversation_id = $1`,
    [conversationId],
  );
  return new Map(rows.map(({ userId, deliveredSeq, readSeq }) => [userId, [deliveredSeq, readSeq]]));
}

const told = (event = 'receipt.advanced') =>
  harness.deliveries.filter((delivery) => delivery.event === event);
const bodies = () => told().map(({ body }) => body as unknown as Receipt & { conversationId: string });

/** Resolves when a mark appended after everything else is told: what came before is settled then. */
async function settled(): Promise<void> {
  const witness = randomUUID();
  harness.connect(witness, life, 999);
  const id = await conversation([witness], 1);
  // One in every partition.
  await harness.signal(advance(id, witness, { readSeq: 1 }));
  await harness.until(() => bodies().some(({ userId }) => userId === witness));
  harness.deliveries.splice(
    harness.deliveries.findIndex(({ recipients }) => recipients.includes(999)),
    1,
  );
}

describe('marks', () => {
  beforeEach(() => harness.startSignals());

  test('are told to all members online, the own devices among them, and to nobody else', async () => {
    harness.connect(ada, life, 1);
    harness.connect(ada, life, 2);
    harness.connect(grace, life, 3);
    harness.connect(alan, life, 4);
    const id = await conversation([ada, grace], 3);
    await harness.signal(advance(id, grace, { deliveredSeq: 3, readSeq: 2 }));
    await harness.until(() => told().length > 0);
    expect(told()).toMatchObject([
      {
        slot: 'gateway-0',
        recipients: [1, 2, 3],
        body: { conversationId: id, userId: grace, deliveredSeq: 3, readSeq: 2 },
      },
    ]);
  });

  test('never go back, whatever the order, and only what moved is told', async () => {
    harness.connect(ada, life, 1);
    const id = await conversation([ada, grace], 9);
    for (const readSeq of [5, 3, 5, 8, 1]) {
      await harness.signal(advance(id, grace, { readSeq }));
      await settled();
    }
    expect((await stored(id)).get(grace)).toEqual([8, 8]);
    expect(bodies().map(({ readSeq }) => readSeq)).toEqual([5, 8]);
  });

  test('that come together are merged, of all devices of a person', async () => {
    harness.connect(ada, life, 1);
    const id = await conversation([ada, grace], 5_000);
    const marks = Array.from({ length: 5_000 }, (_, n) =>
      advance(id, n % 2 ? ada : grace, n % 3 ? { deliveredSeq: n } : { readSeq: n }),
    );
    await harness.signal(...marks);
    await settled();
    await harness.until(() => bodies().some(({ userId, readSeq }) => userId === ada && readSeq === 4_995));
    expect(await stored(id)).toEqual(
      new Map([
        [ada, [4_999, 4_995]],
        [grace, [4_998, 4_998]],
      ]),
    );
    expect(told().length).toBeLessThan(20);
  });

  test('reach as far as the last message; to read is to have received', async () => {
    const id = await conversation([ada, grace], 4);
    await harness.signal(
      advance(id, ada, { deliveredSeq: 99 }),
      advance(id, grace, { readSeq: 2 ** 53 - 1 }),
    );
    await settled();
    expect(await stored(id)).toEqual(
      new Map([
        [ada, [4, 0]],
        [grace, [4, 4]],
      ]),
    );
  });

  test('of who is no member, was one, or names no conversation are ignored', async () => {
    harness.connect(ada, life, 1);
    const id = await conversation([ada, grace], 4);
    await harness.pool.query(
      'UPDATE messaging.members SET left_version = 9, version = 9 WHERE conversation_id = $1 AND user_id = $2',
      [id, grace],
    );
    await harness.signal(
      advance(id, alan, { readSeq: 1 }),
      advance(id, grace, { readSeq: 1 }),
      advance(randomUUID(), ada, { readSeq: 1 }),
    );
    await settled();
    expect(await stored(id)).toEqual(new Map());
    expect(told()).toEqual([]);
  });

  test('of messages that a member may not see are ignored', async () => {
    const id = await conversation([ada, grace], 4);
    await harness.pool.query(
      'UPDATE messaging.members SET visible_from_seq = 4 WHERE conversation_id = $1 AND user_id = $2',
      [id, grace],
    );
    await harness.signal(advance(id, grace, { deliveredSeq: 3, readSeq: 3 }));
    await settled();
    expect(await stored(id)).toEqual(new Map());
    await harness.signal(advance(id, grace, { deliveredSeq: 4, readSeq: 3 }));
    await settled();
    expect((await stored(id)).get(grace)).toEqual([4, 0]);
  });

  test('are not told any more to who was removed', async () => {
    harness.connect(ada, life, 1);
    harness.connect(grace, life, 2);
    const id = await conversation([ada, grace, alan], 4);
    await harness.signal(advance(id, alan, { readSeq: 1 }));
    await harness.until(() => told().length === 1);
    await harness.pool.query(
      'UPDATE messaging.members SET left_version = 9, version = 9 WHERE conversation_id = $1 AND user_id = $2',
      [id, grace],
    );
    await harness.signal(advance(id, alan, { readSeq: 2 }));
    await harness.until(() => told().length === 2);
    expect(told().map(({ recipients }) => recipients)).toEqual([[1, 2], [1]]);
  });
});

test('who sends has read, which is stored but not told', async () => {
  await harness.startProcess();
  await harness.startSignals();
  harness.connect(grace, life, 1);
  const id = await conversation([ada, grace], 3);
  const ack = await harness.ask(harness.send(id, grace, 'I have read all that'));
  expect(ack).toMatchObject({ ok: true, data: { message: { seq: 4 } } });
  while (!(await stored(id)).has(grace)) await settled();
  expect((await stored(id)).get(grace)).toEqual([4, 4]);
  expect(told()).toEqual([]);
});

describe('in a group of more than 100', () => {
  const others = Array.from({ length: 120 }, () => randomUUID());
  beforeEach(() => harness.startSignals());

  const summaries = () => told('receipt.summarized').map(({ body }) => body as unknown as ReceiptSummarized);

  test('marks are told to the own devices, and as counts to who wrote lately', async () => {
    harness.connect(ada, life, 1);
    harness.connect(others[0] ?? '', life, 2);
    harness.connect(others[1] ?? '', life, 3);
    const id = await conversation([ada, ...others], 30);
    await addMessages(id, others[0] ?? '', 1);
    await harness.signal(
      ...others.map((userId, n) => advance(id, userId, n < 50 ? { readSeq: 31 } : { deliveredSeq: 30 })),
    );
    await harness.until(() => (summaries().at(-1)?.counts.at(-1)?.readCount ?? 0) === 49);
    expect(
      told()
        .map(({ recipients }) => recipients)
        .sort(),
    ).toEqual([[2], [3]]);
    expect(told('receipt.summarized').at(-1)?.recipients).toEqual([1, 2]);
    const { counts = [] } = summaries().at(-1) ?? {};
    expect(counts.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, n) => n + 12));
    // Its sender is among the 50 readers, and does not count.
    expect(counts.at(-1)).toEqual({ seq: 31, deliveredCount: 49, readCount: 49 });
    expect(counts.at(-2)).toEqual({ seq: 30, deliveredCount: 120, readCount: 50 });
  });

  test('counts are told once a second at most, and end complete', async () => {
    harness.connect(ada, life, 1);
    const id = await conversation([ada, ...others], 1);
    const began = performance.now();
    for (const userId of others) {
      await harness.signal(advance(id, userId, { readSeq: 1 }));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await harness.until(() => summaries().at(-1)?.counts[0]?.readCount === others.length);
    const seconds = (performance.now() - began) / 1_000;
    expect(summaries().length).toBeLessThanOrEqual(Math.ceil(seconds) + 1);
  });

  test('delivered marks alone are gathered for seconds; read marks and a stop do not wait', async () => {
    const [reader = '', other = ''] = others;
    harness.connect(reader, life, 1);
    const id = await conversation([ada, ...others], 50);
    const own = () => bodies().map(({ deliveredSeq, readSeq }) => [deliveredSeq, readSeq]);
    await harness.signal(advance(id, reader, { deliveredSeq: 1 }));
    await harness.until(() => own().length === 1);
    for (let deliveredSeq = 2; deliveredSeq <= 20; deliveredSeq += 1) {
      await harness.signal(
        advance(id, reader, { deliveredSeq }),
        advance(id, other, { readSeq: deliveredSeq }),
      );
      await settled();
    }
    expect((await stored(id)).get(other)).toEqual([20, 20]);
    await harness.until(() => own().at(-1)?.[0] === 20);
    // Not the 20 that there would be, had they been stored like the read marks beside them.
    expect(own().length).toBeLessThan(10);
    await harness.signal(advance(id, reader, { deliveredSeq: 30 }));
    await settled();
    await harness.stopAll();
    expect((await stored(id)).get(reader)).toEqual([30, 0]);
  });

  test('nobody is told who is typing', async () => {
    harness.connect(ada, life, 1);
    const id = await conversation([ada, ...others], 1);
    await harness.signal({ kind: 'typing.set', conversationId: id, userId: others[0] ?? '', active: true });
    await settled();
    expect(harness.deliveries).toEqual([]);
  });
});

describe('typing', () => {
  const typing = (conversationId: string, userId: string, active = true) =>
    ({ kind: 'typing.set', conversationId, userId, active }) as const;

  test('is told to the other members online', async () => {
    await harness.startSignals();
    harness.connect(ada, life, 1);
    harness.connect(grace, life, 2);
    harness.connect(alan, life, 3);
    const id = await conversation([ada, grace], 1);
    await harness.signal(typing(id, alan), typing(id, ada));
    await harness.until(() => told('typing.changed').length > 0);
    await settled();
    expect(told('typing.changed')).toMatchObject([
      { recipients: [2], body: { conversationId: id, userId: ada, active: true } },
    ]);
  });

  test('is not told where one of two blocks the other', async () => {
    await harness.startSignals();
    harness.connect(ada, life, 1);
    harness.connect(grace, life, 2);
    const [blocked, free] = [await conversation([ada, grace], 1), await conversation([ada, grace], 1)];
    await harness.pool.query('INSERT INTO messaging.blocks VALUES ($1, $2, $3, now())', [
      ada,
      grace,
      blocked,
    ]);
    await harness.signal(typing(blocked, grace), typing(blocked, ada), typing(free, ada));
    await harness.until(() => told('typing.changed').length > 0);
    await settled();
    expect(told('typing.changed')).toMatchObject([{ body: { conversationId: free } }]);
  });

  test('that is old is not told', async () => {
    harness.connect(grace, life, 2);
    const id = await conversation([ada, grace], 1);
    await harness.signal(typing(id, ada));
    // The broker's clock has gone on by the time that it is read.
    harness.clock.observe(Date.now() + 7_000);
    await harness.startSignals();
    await settled();
    expect(told('typing.changed')).toEqual([]);
  });

  test('goes on without the database, among members known before', async () => {
    await harness.startSignals();
    harness.connect(grace, life, 2);
    const id = await conversation([ada, grace], 1);
    await harness.signal(typing(id, ada));
    await harness.until(() => told('typing.changed').length === 1);
    await database.kill();
    await harness.signal(advance(id, ada, { readSeq: 1 }), typing(id, ada, false));
    await harness.until(() => told('typing.changed').length === 2);
    await database.restart();
    await harness.until(() => told().length === 1);
    expect(harness.deadLetters).toEqual([]);
  });
});

describe('the consumer', () => {
  test('puts aside what it cannot read, and goes on', async () => {
    const id = await conversation([ada, grace], 1);
    harness.connect(ada, life, 1);
    const { name: topic } = topics.conversationSignals;
    const values = ['nonsense', '{"kind":"receipt.advance"}', '{"kind":"newer.thing"}', 'null'];
    await harness.bus.publisher.publish(values.map((value) => ({ topic, partitionBy: id, value })));
    await harness.signal(advance(id, grace, { readSeq: 1 }));
    await harness.startSignals();
    await harness.until(() => harness.deadLetters.length === 3 && told().length === 1);
    const letters = harness.deadLetters.map(({ value }) => Buffer.from(value ?? '', 'base64').toString());
    expect(letters).toEqual(['nonsense', '{"kind":"receipt.advance"}', 'null']);
  });

  test('bears marks that are read again, and a change of owners in the middle', async () => {
    harness.connect(ada, life, 1);
    const ids = await Promise.all(Array.from({ length: 24 }, () => conversation([ada, grace], 300)));
    const first = await harness.startSignals();
    for (let readSeq = 1; readSeq <= 300; readSeq += 1) {
      await harness.signal(...ids.map((id) => advance(id, grace, { readSeq })));
      if (readSeq === 100) await harness.startSignals();
      if (readSeq === 200) await first.stop();
    }
    const highest = (id: string) =>
      Math.max(0, ...bodies().map((body) => (body.conversationId === id ? body.readSeq : 0)));
    await harness.until(() => ids.every((id) => highest(id) === 300));
    for (const id of ids) expect(await stored(id)).toEqual(new Map([[grace, [300, 300]]]));
    const seen = new Map<string, number>();
    for (const { conversationId, readSeq } of bodies()) {
      expect(readSeq).toBeGreaterThan(seen.get(conversationId) ?? 0);
      seen.set(conversationId, readSeq);
    }
  });

  test('tells nothing of what a redelivery does not move', async () => {
    harness.connect(ada, life, 1);
    const id = await conversation([ada, grace], 5);
    await harness.startSignals();
    const mark = advance(id, grace, { readSeq: 5 });
    await harness.signal(mark);
    await harness.until(() => told().length === 1);
    await harness.signal(mark, mark);
    await settled();
    expect(told()).toHaveLength(1);
  });
});
