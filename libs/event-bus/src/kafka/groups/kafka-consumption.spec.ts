import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type silent } from '../../bus-log.js';
import type { RecordBatch } from '../../ports/group-consumer.js';
import { Gate, Seen, textOf } from '../../testing/bus-under-test.js';
import { TopicRegistry } from '../topic-registry.js';
import { type ClusterClient, earliest, FetchInterrupted, type OffsetQuery } from '../wire/cluster-client.js';
import { errorCode } from '../wire/error-codes.js';
import { KafkaConsumption } from './kafka-consumption.js';

const topic = 'commands';

interface FetchRequest {
  readonly topics: readonly { readonly partitions: readonly { readonly fetchOffset: string }[] }[];
}

/** A cluster of one broker with one partition, and a group with one member. */
class OneBroker {
  readonly commits = new Seen<number>();
  fetches = 0;
  private records: string[] = [];
  private changed = new Gate();
  private interrupted = new Gate();

  constructor(private readonly committed = -1) {}

  append(...values: readonly string[]): void {
    this.records.push(...values);
    this.tell();
  }

  /** What an election of a broker that had not everything does. */
  loseEnd(end: number): void {
    this.records = this.records.slice(0, end);
    this.tell();
  }

  readonly client = {
    coordinatorOf: async () => 1,
    leaderOf: () => 1,
    refresh: async () => undefined,
    close: () => undefined,
    interruptFetch: () => {
      this.interrupted.open();
      this.interrupted = new Gate();
    },
    listOffsets: async (queries: readonly OffsetQuery[]) =>
      queries.map(({ timestamp }) => (timestamp === earliest ? 0 : this.records.length)),
    send: async (_node: number, api: string, request: never) => this.answer(api, request),
    sendFetch: (_node: number, request: FetchRequest) => this.fetch(request),
  } as unknown as ClusterClient;

  private tell(): void {
    this.changed.open();
    this.changed = new Gate();
  }

  private answer(
    api: string,
    request: {
      groupProtocols: { metadata: Buffer }[];
      groupAssignment: { memberAssignment: Buffer }[];
      topics: { partitions: { offset: string }[] }[];
    },
  ): object {
    const memberId = 'member';
    const partition = { partition: 0, errorCode: 0 };
    switch (api) {
      case 'JoinGroup': {
        const members = [{ memberId, memberMetadata: request.groupProtocols[0]?.metadata }];
        return { errorCode: 0, generationId: 1, leaderId: memberId, memberId, members };
      }
      case 'SyncGroup':
        return { errorCode: 0, memberAssignment: request.groupAssignment[0]?.memberAssignment };
      case 'OffsetFetch': {
        const partitions = [{ ...partition, offset: String(this.committed) }];
        return { errorCode: 0, responses: [{ topic, partitions }] };
      }
      case 'OffsetCommit':
        this.commits.add(Number(request.topics[0]?.partitions[0]?.offset));
        return { responses: [{ topic, partitions: [partition] }] };
      default:
        return { errorCode: 0 };
    }
  }

  private async fetch({ topics: [first] }: FetchRequest): Promise<object[]> {
    this.fetches += 1;
    const from = Number(first?.partitions[0]?.fetchOffset);
    while (from === this.records.length) {
      const interrupted = this.interrupted.opened.then(() => true);
      if (await Promise.race([interrupted, this.changed.opened])) throw new FetchInterrupted();
    }
    const outOfRange = from > this.records.length;
    const records = this.records.slice(from).map((value, n) => {
      return { offset: from + n, timestamp: 0, key: null, value: Buffer.from(value), headers: undefined };
    });
    return [
      {
        topic,
        partition: 0,
        errorCode: outOfRange ? errorCode.offsetOutOfRange : errorCode.none,
        highWatermark: this.records.length,
        records,
        nextOffset: outOfRange ? -1 : this.records.length,
      },
    ];
  }
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => String(n));
const jumped = 'Records were gone before the group read them';

let broker: OneBroker;
let consumption: KafkaConsumption;
let logged: Seen<string>;
beforeEach(() => {
  logged = new Seen();
});
afterEach(() => consumption.stop());

async function consume(onBatch: (batch: RecordBatch) => Promise<void>, gatherMs = 0): Promise<void> {
  const registry = new TopicRegistry();
  registry.add({ name: topic, partitions: 1, retentionMs: 1 });
  const log: typeof silent = (_level, message) => logged.add(message);
  consumption = new KafkaConsumption(
    { group: 'group', topics: [topic], onBatch, gatherMs },
    broker.client,
    registry,
    log,
  );
  await consumption.start();
}

test('a group whose place lies behind the end of the log reads from the start, and commits what it has read', async () => {
  broker = new OneBroker(100);
  broker.append(...upTo(10));
  const seen = new Seen<string>();
  await consume(async ({ records }) => seen.add(...records.map(textOf)));
  await seen.count(10);
  await consumption.stop();
  expect(seen.items).toEqual(upTo(10));
  expect(broker.commits.items.at(-1)).toBe(10);
});

test('the lower place is committed before anything is handled there', async () => {
  broker = new OneBroker(100);
  broker.append('0');
  await consume(() => Promise.reject(new Error('nothing works today')));
  await broker.commits.count(1);
  expect(broker.commits.items).toEqual([0]);
});

test('what was taken before the log lost its end commits nothing, what is handled after it does', async () => {
  broker = new OneBroker();
  broker.append(...upTo(10));
  const seen = new Seen<string>();
  const [taken, release] = [new Gate(), new Gate()];
  const owned: boolean[] = [];
  await consume(async (batch) => {
    const texts = batch.records.map(textOf);
    if (texts.includes('held')) {
      taken.open();
      await release.opened;
      owned.push(batch.isOwned({ topic, partition: 0 }));
    }
    seen.add(...texts);
  });
  await broker.commits.until((commits) => commits.at(-1) === 10);
  broker.append('held', 'held', 'held');
  await taken.opened;
  broker.loseEnd(4);
  await logged.until((messages) => messages.includes(jumped));
  broker.append('new 4', 'new 5');
  release.open();
  await seen.until((texts) => texts.includes('new 5'));
  await consumption.stop();
  expect(owned).toEqual([false]);
  expect(seen.items.slice(13)).toEqual([...upTo(4), 'new 4', 'new 5']);
  const afterJump = broker.commits.items.slice(broker.commits.items.lastIndexOf(10) + 1);
  expect(Math.max(...afterJump)).toBe(6);
  expect(afterJump.at(-1)).toBe(6);
});

test('who is in no hurry does not ask for each record, and stops at once', async () => {
  broker = new OneBroker();
  broker.append('0');
  const seen = new Seen<string>();
  await consume(async ({ records }) => seen.add(...records.map(textOf)), 60_000);
  await seen.count(1);
  for (const value of ['1', '2', '3']) {
    broker.append(value);
    await new Promise(setImmediate);
  }
  expect(broker.fetches).toBe(1);
  await consumption.stop();
});
