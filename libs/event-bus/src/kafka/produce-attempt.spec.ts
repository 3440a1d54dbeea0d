import { expect, test } from '@jest/globals';
import { silent } from '../bus-log.js';
import type { WrittenAt } from '../ports/records.js';
import { ProduceAttempt } from './produce-attempt.js';
import { packSingly } from './record-codec.js';
import type { ClusterClient } from './wire/cluster-client.js';

const leaderMoved = 6;
const requestTimedOut = 7;
const tooLarge = 10;

/** What the broker answers for a partition the next time; `missing`: it does not name it, `offset`: it has written. */
type Outcome = number | 'missing' | 'written';

/** The partitions of the only topic of an encoded request. */
function partitionsIn(body: Buffer): number[] {
  let at = 2 + 2 + 4 + 4 + 2 + 'events'.length;
  const partitions: number[] = [];
  for (let count = body.readInt32BE(at); count > 0; count--) {
    partitions.push(body.readInt32BE(at + 4));
    at += 8 + body.readInt32BE(at + 8);
  }
  return partitions;
}

interface TimeLimits {
  readonly broker: number;
  readonly client: number;
}

/** A cluster of one broker that answers each request by plan. */
function clusterThatAnswers(plan: Record<number, Outcome[]>) {
  const asked: number[][] = [];
  const limits: TimeLimits[] = [];
  const produce = async (_node: number, body: Buffer, timeoutMs: number) => {
    const partitions = partitionsIn(body);
    asked.push(partitions);
    limits.push({ broker: body.readInt32BE(4), client: timeoutMs });
    const answers = partitions.flatMap((partition) => {
      const outcome = plan[partition]?.shift() ?? 'written';
      if (outcome === 'missing') return [];
      return [{ partition, errorCode: outcome === 'written' ? 0 : outcome, baseOffset: '7' }];
    });
    return { topics: [{ topicName: 'events', partitions: answers }] };
  };
  const client = { leaderOf: () => 1, isUnknown: () => false, refresh: async () => undefined, produce };
  return { client: client as unknown as ClusterClient, asked, limits };
}

async function publish(plan: Record<number, Outcome[]>, timeoutMs = 5_000) {
  const { client, asked, limits } = clusterThatAnswers(plan);
  const works = [0, 1].map((partition) => ({
    topic: 'events',
    partition,
    queue: packSingly([{ position: partition, record: { topic: 'events', value: 'x' } }]),
  }));
  const written = new Map<number, WrittenAt>();
  const attempt = new ProduceAttempt(client, works, Date.now() + timeoutMs, silent);
  const failed = await attempt.run((position, at) => written.set(position, at));
  return { failed: [...failed.keys()], written: [...written.keys()], asked, limits };
}

test('a partition that the answer does not name was not written, and is sent again alone', async () => {
  const { failed, written, asked } = await publish({ 1: ['missing', 'missing'] });
  expect(failed).toEqual([]);
  expect(written).toEqual([0, 1]);
  expect(asked).toEqual([[0, 1], [1], [1]]);
});

test('a partition whose leader moved is sent again, the confirmed one is not', async () => {
  const { failed, asked } = await publish({ 0: [leaderMoved] });
  expect(failed).toEqual([]);
  expect(asked).toEqual([[0, 1], [0]]);
});

test('what a broker refuses for good fails alone and at once', async () => {
  const { failed, written, asked } = await publish({ 0: [tooLarge] });
  expect(failed).toEqual([0]);
  expect(written).toEqual([1]);
  expect(asked).toEqual([[0, 1]]);
});

test('what is not confirmed in time is told, whatever happened to the rest', async () => {
  const { failed, written } = await publish({ 1: Array<Outcome>(1_000).fill('missing') }, 1_000);
  expect(failed).toEqual([1]);
  expect(written).toEqual([0]);
});

test('the broker gives up before the client does, so that it still tells which partitions were written', async () => {
  for (const timeoutMs of [5_000, 700]) {
    const { limits } = await publish({}, timeoutMs);
    expect(limits).toHaveLength(1);
    const [{ broker, client } = { broker: 0, client: 0 }] = limits;
    expect(client).toBeLessThanOrEqual(timeoutMs);
    expect(broker).toBe(Math.max(client - 400, Math.floor(client / 2)));
  }
});

test('a partition that the broker did not get confirmed in its time fails alone, and is not written twice', async () => {
  const { failed, written, asked } = await publish({ 1: [requestTimedOut] });
  expect(failed).toEqual([1]);
  expect(written).toEqual([0]);
  expect(asked).toEqual([[0, 1]]);
});

test('nothing is sent once the time is up, even when the leaders become known only then', async () => {
  const { client, asked } = clusterThatAnswers({});
  let tellLeaders: () => void = () => undefined;
  const leadersKnown = new Promise<void>((resolve) => (tellLeaders = resolve));
  const leaders: number[] = [];
  client.leaderOf = () => leaders[0];
  client.refresh = () => leadersKnown;
  const queue = packSingly([{ position: 0, record: { topic: 'events', value: 'x' } }]);
  const works = [{ topic: 'events', partition: 0, queue }];
  const attempt = new ProduceAttempt(client, works, Date.now() + 20, silent);
  const failed = await attempt.run(() => undefined);
  leaders.push(1);
  tellLeaders();
  await new Promise((resolve) => setImmediate(resolve));
  expect([...failed.keys()]).toEqual([0]);
  expect(asked).toEqual([]);
});
