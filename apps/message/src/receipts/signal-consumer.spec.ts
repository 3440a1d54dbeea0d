import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { topics } from '@parley/contracts';
import { type OutgoingRecord, Publisher } from '@parley/event-bus';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { CommandHarness } from '../testing/command-harness.js';
import { advance, ReceiptSteps } from '../testing/receipt-steps.js';
import { TestDatabase } from '../testing/test-database.js';

jest.setTimeout(60_000);

let database: TestDatabase;
let harness: CommandHarness;
let steps: ReceiptSteps;
let ada: string;
let grace: string;
const life = { slot: 'gateway-0', incarnation: 1 };

beforeAll(async () => {
  database = await TestDatabase.start();
});
afterAll(() => database.stop());
beforeEach(async () => {
  harness = await CommandHarness.open(database.url);
  await harness.openInbox(life.slot);
  steps = new ReceiptSteps(harness, life);
  [ada, grace] = [randomUUID(), randomUUID()];
});
afterEach(() => harness.close());

test('puts aside what it cannot read, and goes on', async () => {
  const id = await steps.conversation([ada, grace], 1);
  harness.connect(ada, life, 1);
  const { name: topic } = topics.conversationSignals;
  const values = ['nonsense', '{"kind":"receipt.advance"}', '{"kind":"newer.thing"}', 'null'];
  await harness.bus.publisher.publish(values.map((value) => ({ topic, partitionBy: id, value })));
  await harness.signal(advance(id, grace, { readSeq: 1 }));
  await harness.startSignals();
  await harness.until(() => harness.deadLetters.length === 3 && steps.told().length === 1);
  const letters = harness.deadLetters.map(({ value }) => Buffer.from(value ?? '', 'base64').toString());
  expect(letters).toEqual(['nonsense', '{"kind":"receipt.advance"}', 'null']);
});

test('puts aside a mark that the database refuses, and stores all others; a deadlock it tries again', async () => {
  const others = Array.from({ length: 40 }, () => randomUUID());
  const id = await steps.conversation([ada, grace, ...others], 9);
  const admin = new pg.Client(Object.assign(new URL(database.superuserUrl), { pathname: '/parley' }).href);
  await admin.connect();
  await admin.query(`
    CREATE SEQUENCE spec_attempts;
    CREATE FUNCTION spec_refuse() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
      IF nextval('public.spec_attempts') <= 2 THEN RAISE EXCEPTION 'spec' USING ERRCODE = '40P01'; END IF;
      IF new.read_seq = 7 THEN RAISE EXCEPTION 'spec' USING ERRCODE = '23514'; END IF;
      RETURN new;
    END $$;
    CREATE TRIGGER spec BEFORE INSERT OR UPDATE ON messaging.receipts FOR EACH ROW EXECUTE FUNCTION spec_refuse()`);
  const origin = { slot: 'rest', incarnation: 1, session: null };
  const marks = others.map((userId) => advance(id, userId, { readSeq: 6 }));
  const spoilt = { ...advance(id, grace, { readSeq: 7 }), origin: { ...origin, request: 70 } };
  const good = { ...advance(id, ada, { readSeq: 5 }), origin: { ...origin, request: 71 } };
  await harness.signal(...marks.slice(0, 9), spoilt, ...marks.slice(9), good);
  await harness.startSignals();
  await harness.until(() => harness.deadLetters.length > 0 && harness.replies.size === 2);
  expect(harness.replies.get(70)).toMatchObject([{ ok: false, error: { code: 'INVALID', outcome: 'none' } }]);
  expect(harness.replies.get(71)).toMatchObject([{ ok: true }]);
  const after = await steps.stored(id);
  expect([after.get(ada), ...others.map((each) => after.get(each))]).toEqual([
    [5, 5],
    ...others.map(() => [6, 6]),
  ]);
  expect(after.has(grace)).toBe(false);
  await admin.query('DROP FUNCTION spec_refuse CASCADE; DROP SEQUENCE spec_attempts');
  await admin.end();
  // Its offset is committed: nobody reads it again.
  await harness.stopAll();
  await harness.startSignals();
  await steps.settled();
  const letters = harness.deadLetters.map(({ value, handler }) => ({
    handler,
    signal: JSON.parse(Buffer.from(value ?? '', 'base64').toString()) as unknown,
  }));
  expect(letters).toEqual([{ handler: 'receipt.advance', signal: spoilt }]);
});

test('bears marks that are read again, and a change of owners in the middle', async () => {
  harness.connect(ada, life, 1);
  const ids = await Promise.all(Array.from({ length: 24 }, () => steps.conversation([ada, grace], 300)));
  const first = await harness.startSignals();
  for (let readSeq = 1; readSeq <= 300; readSeq += 1) {
    await harness.signal(...ids.map((id) => advance(id, grace, { readSeq })));
    if (readSeq === 100) await harness.startSignals();
    if (readSeq === 200) await first.stop();
  }
  const highest = (id: string) =>
    Math.max(0, ...steps.bodies().map((body) => (body.conversationId === id ? body.readSeq : 0)));
  await harness.until(() => ids.every((id) => highest(id) === 300));
  for (const id of ids) expect(await steps.stored(id)).toEqual(new Map([[grace, [300, 300]]]));
  const seen = new Map<string, number>();
  for (const { conversationId, readSeq } of steps.bodies()) {
    expect(readSeq).toBeGreaterThan(seen.get(conversationId) ?? 0);
    seen.set(conversationId, readSeq);
  }
});

test('tells nothing of what a redelivery does not move', async () => {
  harness.connect(ada, life, 1);
  const id = await steps.conversation([ada, grace], 5);
  await harness.startSignals();
  const mark = advance(id, grace, { readSeq: 5 });
  await harness.signal(mark);
  await harness.until(() => steps.told().length === 1);
  await harness.signal(mark, mark);
  await steps.settled();
  expect(steps.told()).toHaveLength(1);
});

/** Hands on to the bus, once it may. */
class Held extends Publisher {
  readonly asked = Promise.withResolvers<void>();
  readonly written: string[] = [];

  constructor(private readonly until: Promise<unknown>) {
    super();
  }

  override async publish(records: readonly OutgoingRecord[]) {
    this.asked.resolve();
    await this.until;
    this.written.push(...records.map(({ topic }) => topic));
    return harness.bus.background.publish(records);
  }
}

test('a process that ends tells first what it has stored', async () => {
  harness.connect(ada, life, 1);
  const id = await steps.conversation([ada, grace], 5);
  const ending = Promise.withResolvers<void>();
  const publisher = new Held(ending.promise);
  await harness.startSignals(publisher);
  await harness.signal(advance(id, grace, { readSeq: 5 }));
  await publisher.asked.promise;
  setTimeout(ending.resolve, 300);
  await harness.stopAll();
  expect(publisher.written).toEqual(['inbox.gateway-0']);
});

test('a process ends though nobody confirms what it tells', async () => {
  harness.connect(ada, life, 1);
  const id = await steps.conversation([ada, grace], 5);
  const publisher = new Held(new Promise(() => undefined));
  await harness.startSignals(publisher);
  await harness.signal(advance(id, grace, { readSeq: 5 }));
  await publisher.asked.promise;
  await harness.stopAll();
  expect((await steps.stored(id)).get(grace)).toEqual([5, 5]);
});
