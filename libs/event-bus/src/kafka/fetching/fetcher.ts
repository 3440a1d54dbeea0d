import { setTimeout as sleep } from 'node:timers/promises';
import type { BusLog } from '../../bus-log.js';
import { Backoff } from '../../consuming/backoff.js';
import type { TopicPartition } from '../../ports/records.js';
import {
  type ClusterClient,
  earliest,
  FetchInterrupted,
  groupByTopic,
  latest,
} from '../wire/cluster-client.js';
import { decodeFetch, type FetchedPartition, type FetchedRecord } from '../wire/decode-fetch.js';
import { BrokerError, errorCode } from '../wire/error-codes.js';

/** The broker holds a fetch back for so long when there is nothing to hand out. Milliseconds. */
const maxWaitMs = 500;
/** The same while a full partition may want to be fetched from again soon. Milliseconds. */
const maxWaitWhilePausedMs = 100;
/** A connection that does not answer for this long is given up. Milliseconds. */
const fetchTimeoutMs = 4_000;
const maxPartitionBytes = 1_048_576;
const maxFetchBytes = 10_485_760;

/** Where a partition is read. Replace it to read from elsewhere: what was fetched for the former one is dropped. */
export interface Cursor extends TopicPartition {
  offset: number;
  /** Full: nothing is fetched until it is resumed. */
  paused: boolean;
  readonly compacted: boolean;
}

export interface FetchHandler<C extends Cursor> {
  /** In order per partition; `cursor.offset` is already behind them. */
  onRecords(cursor: C, records: readonly FetchedRecord[]): void;
  /** The cursor was moved on without records: over what compaction left empty. */
  onAdvanced(cursor: C): void;
  /** Records between two offsets are gone; `cursor.offset` is already `found`. */
  onJump(cursor: C, expected: number, found: number): void;
}

/** Fetches from cursors, one long poll per broker at a time, through every change of leaders and loss of brokers. */
export class Fetcher<C extends Cursor> {
  private readonly cursors = new Set<C>();
  private readonly polling = new Set<number>();
  private readonly stopping = new AbortController();
  private readonly pollBackoff = new Backoff({ minMs: 50, maxMs: 1_000 });
  private readonly locateBackoff = new Backoff({ minMs: 50, maxMs: 1_000 });
  private locating: Promise<void> | undefined;

  constructor(
    private readonly client: ClusterClient,
    private readonly handler: FetchHandler<C>,
    private readonly log: BusLog,
    private readonly gatherMs: () => number = () => 0,
  ) {}

  add(cursors: readonly C[]): void {
    for (const cursor of cursors) this.cursors.add(cursor);
    // What is polled now does not include them, and may take its time.
    for (const node of this.polling) this.client.interruptFetch(node);
    this.wake();
  }

  remove(cursors: readonly C[]): void {
    for (const cursor of cursors) this.cursors.delete(cursor);
  }

  resume(cursor: C): void {
    cursor.paused = false;
    this.wake();
  }

  stop(): void {
    this.stopping.abort();
    this.cursors.clear();
  }

  /** Sees to it that every broker with something to fetch is polled. */
  private wake(): void {
    if (this.stopping.signal.aborted) return;
    let homeless = false;
    for (const cursor of this.cursors) {
      if (cursor.paused) continue;
      const leader = this.client.leaderOf(cursor);
      if (leader === undefined) homeless = true;
      else if (!this.polling.has(leader)) {
        this.polling.add(leader);
        void this.poll(leader);
      }
    }
    if (homeless) void this.locate(this.locateBackoff.next());
    else this.locateBackoff.reset();
  }

  private async poll(node: number): Promise<void> {
    try {
      for (let cursors = this.of(node); cursors.length > 0; cursors = this.of(node)) {
        const foundAny = await this.fetchOnce(node, cursors);
        this.pollBackoff.reset();
        const gatherMs = foundAny ? this.gatherMs() : 0;
        if (gatherMs > 0) await sleep(gatherMs, undefined, { signal: this.stopping.signal });
      }
      this.polling.delete(node);
      this.wake();
    } catch (error) {
      this.polling.delete(node);
      if (this.stopping.signal.aborted) return;
      if (error instanceof FetchInterrupted) return this.wake();
      this.log('warn', 'A broker does not serve fetches', { broker: node, error });
      void this.locate(this.pollBackoff.next());
    }
  }

  private of(node: number): C[] {
    const cursors = [...this.cursors];
    return cursors.filter((cursor) => !cursor.paused && this.client.leaderOf(cursor) === node);
  }

  /** Whether the broker had records. */
  private async fetchOnce(node: number, cursors: readonly C[]): Promise<boolean> {
    const asked = cursors.map((cursor) => ({ cursor, offset: cursor.offset }));
    shuffle(asked);
    const topics = groupByTopic(
      asked.map(({ cursor: { topic, partition }, offset }) => ({ topic, partition, offset })),
      ({ partition, offset }) => ({ partition, fetchOffset: String(offset), maxBytes: maxPartitionBytes }),
    );
    // Isolation level 0: everything that is replicated; this bus writes no transactions.
    const maxWaitTime = [...this.cursors].some((cursor) => cursor.paused) ? maxWaitWhilePausedMs : maxWaitMs;
    const request = { isolationLevel: 0, maxWaitTime, minBytes: 1, maxBytes: maxFetchBytes, topics };
    const answer = await this.client.sendFetch(node, request, fetchTimeoutMs, decodeFetch);
    const empty = answer.every(({ nextOffset }) => nextOffset < 0);
    let trouble: BrokerError | undefined;
    for (const fetched of answer) {
      const matching = asked.find(
        ({ cursor }) => cursor.partition === fetched.partition && cursor.topic === fetched.topic,
      );
      if (!matching) continue;
      const { cursor, offset } = matching;
      // Removed, or moved by an earlier answer: these records are no longer wanted.
      if (!this.cursors.has(cursor) || cursor.offset !== offset) continue;
      if (fetched.errorCode === errorCode.none) this.accept(cursor, fetched, empty);
      else if (fetched.errorCode === errorCode.offsetOutOfRange) await this.findNewStart(cursor);
      else trouble = new BrokerError(fetched.errorCode, `fetching from ${cursor.topic}/${cursor.partition}`);
    }
    if (trouble) throw trouble;
    return answer.some(({ records }) => records.length > 0);
  }

  private accept(cursor: C, { records, nextOffset, highWatermark }: FetchedPartition, empty: boolean): void {
    const expected = cursor.offset;
    const fresh =
      records.length > 0 && (records[0]?.offset ?? 0) < expected
        ? records.filter((record) => record.offset >= expected)
        : records;
    const [first] = fresh;
    if (first) {
      cursor.offset = Math.max(nextOffset, expected);
      if (first.offset > expected && !cursor.compacted) this.handler.onJump(cursor, expected, first.offset);
      this.handler.onRecords(cursor, fresh);
    } else if (nextOffset > expected) {
      cursor.offset = nextOffset;
      this.handler.onAdvanced(cursor);
    } else if (empty && cursor.compacted && highWatermark > expected) {
      // Nothing is left up to the end: the last records of their keys were tombstones that are gone by now.
      cursor.offset = highWatermark;
      this.handler.onAdvanced(cursor);
    }
  }

  /** Retention has overtaken the reader, or the topic was made anew. */
  private async findNewStart(cursor: C): Promise<void> {
    const { topic, partition, offset: expected } = cursor;
    const [first = 0] = await this.client.listOffsets([{ topic, partition, timestamp: earliest }]);
    const [end = 0] = await this.client.listOffsets([{ topic, partition, timestamp: latest }]);
    // In range after all: the answer came from a broker that was behind.
    if (expected >= first && expected <= end) return;
    if (!this.cursors.has(cursor) || cursor.offset !== expected) return;
    cursor.offset = first;
    this.handler.onJump(cursor, expected, first);
  }

  /** Asks who leads the partitions, after a pause that grows, until something can be polled again. */
  private async locate(pauseMs: number): Promise<void> {
    if (this.locating) return this.locating;
    this.locating = (async () => {
      const { signal } = this.stopping;
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await this.client.refresh([...new Set([...this.cursors].map((cursor) => cursor.topic))]);
      } catch (error) {
        this.log('warn', 'No broker tells who leads the partitions to read', { error });
      }
    })();
    await this.locating;
    this.locating = undefined;
    this.wake();
  }
}

/** The broker fills its answer in the order asked: no partition may always come last. */
function shuffle<Item>(items: Item[]): void {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    [items[last], items[other]] = [items[other] as Item, items[last] as Item];
  }
}
