import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type ReceiptSummarized } from '@parley/contracts';
import { randomUUID } from 'node:crypto';
import { CommandHarness } from '../testing/command-harness.js';
import { advance, ReceiptSteps } from '../testing/receipt-steps.js';
import { TestDatabase } from '../testing/test-database.js';

jest.setTimeout(60_000);

let database: TestDatabase;
let harness: CommandHarness;
let steps: ReceiptSteps;
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
  steps = new ReceiptSteps(harness, life);
  [ada, grace, alan] = [randomUUID(), randomUUID(), randomUUID()];
});
afterEach(() => harness.close());

describe('marks', () => {
  beforeEach(() => harness.startSignals());

  test('are told to all members online, the own devices among them, and to nobody else', async () => {
    harness.connect(ada, life, 1);
    harness.connect(ada, life, 2);
    harness.connect(grace, life, 3);
    harness.connect(alan, life, 4);
    const id = await steps.conversation([ada, grace], 3);
    await harness.signal(advance(id, grace, { deliveredSeq: 3, readSeq: 2 }));
    await harness.until(() => steps.told().length > 0);
    expect(steps.told()).toMatchObject([
      {
        slot: 'gateway-0',
        recipients: [1, 2, 3],
        body: { conversationId: id, userId: grace, deliveredSeq: 3, readSeq: 2 },
      },
    ]);
  });

  test('never go back, whatever the order, and only what moved is told', async () => {
    harness.connect(ada, life, 1);
    const id = await steps.conversation([ada, grace], 9);
    for (const readSeq of [5, 3, 5, 8, 1]) {
      await harness.signal(advance(id, grace, { readSeq }));
      await steps.settled();
    }
    expect((await steps.stored(id)).get(grace)).toEqual([8, 8]);
    expect(steps.bodies().map(({ readSeq }) => readSeq)).toEqual([5, 8]);
  });

  test('that come together are merged, of all devices of a person', async () => {
    harness.connect(ada, life, 1);
    const id = await steps.conversation([ada, grace], 5_000);
    const marks = Array.from({ length: 5_000 }, (_, n) =>
      advance(id, n % 2 ? ada : grace, n % 3 ? { deliveredSeq: n } : { readSeq: n }),
    );
    await harness.signal(...marks);
    await steps.settled();
    await harness.until(() =>
      steps.bodies().some(({ userId, readSeq }) => userId === ada && readSeq === 4_995),
    );
    expect(await steps.stored(id)).toEqual(
      new Map([
        [ada, [4_999, 4_995]],
        [grace, [4_998, 4_998]],
      ]),
    );
    expect(steps.told().length).toBeLessThan(20);
  });

  test('reach as far as the last message; to read is to have received', async () => {
    const id = await steps.conversation([ada, grace], 4);
    await harness.signal(
      advance(id, ada, { deliveredSeq: 99 }),
      advance(id, grace, { readSeq: 2 ** 53 - 1 }),
    );
    await steps.settled();
    expect(await steps.stored(id)).toEqual(
      new Map([
        [ada, [4, 0]],
        [grace, [4, 4]],
      ]),
    );
  });

  test('of who is no member, was one, or names no conversation are ignored', async () => {
    harness.connect(ada, life, 1);
    const id = await steps.conversation([ada, grace], 4);
    await harness.pool.query(
      'UPDATE messaging.members SET left_version = 9, version = 9 WHERE conversation_id = $1 AND user_id = $2',
      [id, grace],
    );
    await harness.signal(
      advance(id, alan, { readSeq: 1 }),
      advance(id, grace, { readSeq: 1 }),
      advance(randomUUID(), ada, { readSeq: 1 }),
    );
    await steps.settled();
    expect(await steps.stored(id)).toEqual(new Map());
    expect(steps.told()).toEqual([]);
  });

  test('of messages that a member may not see are ignored', async () => {
    const id = await steps.conversation([ada, grace], 4);
    await harness.pool.query(
      'UPDATE messaging.members SET visible_from_seq = 4 WHERE conversation_id = $1 AND user_id = $2',
      [id, grace],
    );
    await harness.signal(advance(id, grace, { deliveredSeq: 3, readSeq: 3 }));
    await steps.settled();
    expect(await steps.stored(id)).toEqual(new Map());
    await harness.signal(advance(id, grace, { deliveredSeq: 4, readSeq: 3 }));
    await steps.settled();
    expect((await steps.stored(id)).get(grace)).toEqual([4, 0]);
  });

  test('are told to the own devices alone while one of two blocks the other', async () => {
    harness.connect(ada, life, 1);
    harness.connect(grace, life, 2);
    const id = await steps.conversation([ada, grace], 9);
    const tell = async (userId: string, readSeq: number) => {
      await harness.signal(advance(id, userId, { readSeq }));
      await harness.until(() => steps.bodies().at(-1)?.readSeq === readSeq);
    };
    await tell(grace, 1);
    await harness.pool.query('INSERT INTO messaging.blocks VALUES ($1, $2, $3, now())', [ada, grace, id]);
    await tell(grace, 2);
    await tell(ada, 3);
    await harness.pool.query('DELETE FROM messaging.blocks WHERE conversation_id = $1', [id]);
    await tell(grace, 4);
    expect(steps.told().map(({ recipients }) => recipients)).toEqual([[1, 2], [2], [1], [1, 2]]);
  });

  test('are not told any more to who was removed', async () => {
    harness.connect(ada, life, 1);
    harness.connect(grace, life, 2);
    const id = await steps.conversation([ada, grace, alan], 4);
    await harness.signal(advance(id, alan, { readSeq: 1 }));
    await harness.until(() => steps.told().length === 1);
    await harness.pool.query(
      'UPDATE messaging.members SET left_version = 9, version = 9 WHERE conversation_id = $1 AND user_id = $2',
      [id, grace],
    );
    await harness.signal(advance(id, alan, { readSeq: 2 }));
    await harness.until(() => steps.told().length === 2);
    expect(steps.told().map(({ recipients }) => recipients)).toEqual([[1, 2], [1]]);
  });
});

test('who sends has read, which is stored but not told', async () => {
  await harness.startProcess();
  await harness.startSignals();
  harness.connect(grace, life, 1);
  const id = await steps.conversation([ada, grace], 3);
  const ack = await harness.ask(harness.send(id, grace, 'I have read all that'));
  expect(ack).toMatchObject({ ok: true, data: { message: { seq: 4 } } });
  while (!(await steps.stored(id)).has(grace)) await steps.settled();
  expect((await steps.stored(id)).get(grace)).toEqual([4, 4]);
  expect(steps.told()).toEqual([]);
});

describe('in a group of more than 100', () => {
  const others = Array.from({ length: 120 }, () => randomUUID());
  beforeEach(() => harness.startSignals());

  const summaries = () =>
    steps.told('receipt.summarized').map(({ body }) => body as unknown as ReceiptSummarized);

  test('marks are told to the own devices, and as counts to who wrote lately', async () => {
    harness.connect(ada, life, 1);
    harness.connect(others[0] ?? '', life, 2);
    harness.connect(others[1] ?? '', life, 3);
    const id = await steps.conversation([ada, ...others], 30);
    await steps.addMessages(id, others[0] ?? '', 1);
    await harness.signal(
      ...others.map((userId, n) => advance(id, userId, n < 50 ? { readSeq: 31 } : { deliveredSeq: 30 })),
    );
    await harness.until(() => (summaries().at(-1)?.counts.at(-1)?.readCount ?? 0) === 49);
    expect(
      steps
        .told()
        .map(({ recipients }) => recipients)
        .sort(),
    ).toEqual([[2], [3]]);
    expect(steps.told('receipt.summarized').at(-1)?.recipients).toEqual([1, 2]);
    const { counts = [] } = summaries().at(-1) ?? {};
    expect(counts.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, n) => n + 12));
    // Its sender is among the 50 readers, and does not count.
    expect(counts.at(-1)).toEqual({ seq: 31, deliveredCount: 49, readCount: 49 });
    expect(counts.at(-2)).toEqual({ seq: 30, deliveredCount: 120, readCount: 50 });
  });

  test('counts are told once a second at most, and end complete', async () => {
    harness.connect(ada, life, 1);
    const id = await steps.conversation([ada, ...others], 1);
    const began = performance.now();
    for (const userId of others) {
      await harness.signal(advance(id, userId, { readSeq: 1 }));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await harness.until(() => summaries().at(-1)?.counts[0]?.readCount === others.length);
    const seconds = (performance.now() - began) / 1_000;
    expect(summaries().length).toBeLessThanOrEqual(Math.ceil(seconds) + 1);
  });

  test('counts that were to be told later are told when the process ends', async () => {
    const [first = '', second = ''] = others;
    harness.connect(ada, life, 1);
    harness.connect(second, life, 2);
    const id = await steps.conversation([ada, ...others], 1);
    await harness.signal(advance(id, first, { readSeq: 1 }));
    await harness.until(() => summaries().length === 1);
    await harness.signal(advance(id, second, { readSeq: 1 }));
    await harness.until(() => steps.told().length === 1);
    await harness.stopAll();
    await harness.until(() => summaries().at(-1)?.counts[0]?.readCount === 2);
  });

  test('delivered marks alone are gathered for seconds; read marks and a stop do not wait', async () => {
    const [reader = '', other = ''] = others;
    harness.connect(reader, life, 1);
    const id = await steps.conversation([ada, ...others], 50);
    const own = () => steps.bodies().map(({ deliveredSeq, readSeq }) => [deliveredSeq, readSeq]);
    await harness.signal(advance(id, reader, { deliveredSeq: 1 }));
    await harness.until(() => own().length === 1);
    for (let deliveredSeq = 2; deliveredSeq <= 20; deliveredSeq += 1) {
      await harness.signal(
        advance(id, reader, { deliveredSeq }),
        advance(id, other, { readSeq: deliveredSeq }),
      );
      await steps.settled();
    }
    expect((await steps.stored(id)).get(other)).toEqual([20, 20]);
    await harness.until(() => own().at(-1)?.[0] === 20);
    // Not the 20 that there would be, had they been stored like the read marks beside them.
    expect(own().length).toBeLessThan(10);
    await harness.signal(advance(id, reader, { deliveredSeq: 30 }));
    await steps.settled();
    await harness.stopAll();
    expect((await steps.stored(id)).get(reader)).toEqual([30, 0]);
  });

  test('nobody is told who is typing', async () => {
    harness.connect(ada, life, 1);
    const id = await steps.conversation([ada, ...others], 1);
    await harness.signal({ kind: 'typing.set', conversationId: id, userId: others[0] ?? '', active: true });
    await steps.settled();
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
    const id = await steps.conversation([ada, grace], 1);
    await harness.signal(typing(id, alan), typing(id, ada));
    await harness.until(() => steps.told('typing.changed').length > 0);
    await steps.settled();
    expect(steps.told('typing.changed')).toMatchObject([
      { recipients: [2], body: { conversationId: id, userId: ada, active: true } },
    ]);
  });

  test('is not told where one of two blocks the other', async () => {
    await harness.startSignals();
    harness.connect(ada, life, 1);
    harness.connect(grace, life, 2);
    const [blocked, free] = [
      await steps.conversation([ada, grace], 1),
      await steps.conversation([ada, grace], 1),
    ];
    await harness.pool.query('INSERT INTO messaging.blocks VALUES ($1, $2, $3, now())', [
      ada,
      grace,
      blocked,
    ]);
    await harness.signal(typing(blocked, grace), typing(blocked, ada), typing(free, ada));
    await harness.until(() => steps.told('typing.changed').length > 0);
    await steps.settled();
    expect(steps.told('typing.changed')).toMatchObject([{ body: { conversationId: free } }]);
  });

  test('is not told where a block was taken back before there was a message', async () => {
    await harness.startSignals();
    harness.connect(grace, life, 2);
    const [hidden, shown] = [
      await steps.conversation([ada, grace], 0),
      await steps.conversation([ada, grace], 1),
    ];
    await harness.pool.query('UPDATE messaging.conversations SET is_listed = false WHERE id = ANY ($1)', [
      [hidden, shown],
    ]);
    await harness.signal(typing(hidden, ada), typing(shown, ada));
    await harness.until(() => steps.told('typing.changed').length > 0);
    await steps.settled();
    expect(steps.told('typing.changed')).toMatchObject([{ body: { conversationId: shown } }]);
  });

  test('that is old is not told', async () => {
    harness.connect(grace, life, 2);
    const id = await steps.conversation([ada, grace], 1);
    await harness.signal(typing(id, ada));
    // The broker's clock has gone on by the time that it is read.
    harness.clock.observe(Date.now() + 7_000);
    await harness.startSignals();
    await steps.settled();
    expect(steps.told('typing.changed')).toEqual([]);
  });

  test('goes on without the database, among members known before', async () => {
    await harness.startSignals();
    harness.connect(grace, life, 2);
    const id = await steps.conversation([ada, grace], 1);
    await harness.signal(typing(id, ada));
    await harness.until(() => steps.told('typing.changed').length === 1);
    await database.kill();
    await harness.signal(advance(id, ada, { readSeq: 1 }), typing(id, ada, false));
    await harness.until(() => steps.told('typing.changed').length === 2);
    await database.restart();
    await harness.until(() => steps.told().length === 1);
    expect(harness.deadLetters).toEqual([]);
  });
});
