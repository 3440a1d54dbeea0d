import { setTimeout as sleep } from 'node:timers/promises';
import type { BusLog } from '../../bus-log.js';
import { Backoff } from '../../consuming/backoff.js';
import { type FollowOptions, type Following, LogReader } from '../../ports/log-reader.js';
import type { ReceivedRecord } from '../../ports/records.js';
import { unpackBundle, unpackSingle } from '../record-codec.js';
import type { TopicRegistry } from '../topic-registry.js';
import { type ClusterClient, earliest, isTransient, latest } from '../wire/cluster-client.js';
import type { FetchedRecord } from '../wire/decode-fetch.js';
import { type Cursor, Fetcher, type FetchHandler } from './fetcher.js';

/** Fetching pauses when this much of a partition waits to be handed over. */
const maxWaitingRecords = 5_000;
const maxWaitingBytes = 8_000_000;
/** How long `follow` waits for brokers that do not answer. Milliseconds. */
const followTimeoutMs = 30_000;

class FollowCursor implements Cursor {
  paused = false;
  /** The offset of the first record that was not handed over yet. */
  position: number;
  /** Fetched and not handed over, with the jumps between. */
  waitingBytes = 0;
  readonly waiting: (ReceivedRecord | { jumpTo: number; expected: number })[] = [];

  constructor(
    readonly topic: string,
    readonly partition: number,
    readonly compacted: boolean,
    readonly bundled: boolean,
    public offset: number,
    /** The end when `follow` was called. */
    readonly target: number,
  ) {
    this.position = offset;
  }
}

class KafkaFollowing implements Following, FetchHandler<FollowCursor> {
  readonly caughtUp: Promise<void>;
  private readonly fetcher: Fetcher<FollowCursor>;
  private readonly backoff = new Backoff();
  private readonly stopping = new AbortController();
  private resolveCaughtUp: (() => void) | undefined;
  private handing: Promise<void> | undefined;

  constructor(
    private readonly options: FollowOptions,
    private readonly cursors: readonly FollowCursor[],
    private readonly client: ClusterClient,
    private readonly log: BusLog,
    private readonly onStopped: (following: KafkaFollowing) => void,
  ) {
    this.caughtUp = new Promise((resolve) => (this.resolveCaughtUp = resolve));
    this.fetcher = new Fetcher(client, this, log, () => this.gatherMs);
    this.fetcher.add(cursors);
    this.checkCaughtUp();
  }

  /** What stood in the log before is read as fast as it comes. */
  private get gatherMs(): number {
    return this.resolveCaughtUp ? 0 : (this.options.gatherMs ?? 0);
  }

  position(topic: string, partition: number): number {
    const cursor = this.cursors.find((each) => each.topic === topic && each.partition === partition);
    if (!cursor) throw new Error(`${topic}/${partition} is not followed`);
    return cursor.position;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.fetcher.stop();
    this.client.close();
    await this.handing;
    this.onStopped(this);
  }

  onRecords(cursor: FollowCursor, records: readonly FetchedRecord[]): void {
    const { topic, partition, waiting } = cursor;
    for (const record of records) {
      cursor.waitingBytes += record.value?.length ?? 0;
      if (cursor.bundled) for (const item of unpackBundle(topic, partition, record)) waiting.push(item);
      else waiting.push(unpackSingle(topic, partition, record));
    }
    cursor.paused = waiting.length >= maxWaitingRecords || cursor.waitingBytes >= maxWaitingBytes;
    this.handOverSoon();
  }

  onAdvanced(): void {
    this.handOverSoon();
  }

  onJump(cursor: FollowCursor, expected: number, found: number): void {
    cursor.waiting.push({ expected, jumpTo: found });
    this.handOverSoon();
  }

  private handOverSoon(): void {
    this.handing ??= this.handOverAll().finally(() => (this.handing = undefined));
  }

  /** Hands over all that waits, and what comes in meanwhile. */
  private async handOverAll(): Promise<void> {
    // Every partition of one answer goes into the same call.
    await new Promise((resolve) => setImmediate(resolve));
    while (!this.stopping.signal.aborted) {
      const records: ReceivedRecord[] = [];
      const positions = this.cursors.map((cursor) => this.takeFrom(cursor, records));
      if (records.length > 0 && !(await this.handOver(records))) return;
      for (const [index, cursor] of this.cursors.entries()) {
        cursor.position = positions[index] ?? cursor.position;
        if (cursor.waiting.length === 0) cursor.waitingBytes = 0;
        if (cursor.paused && cursor.waiting.length === 0) this.fetcher.resume(cursor);
      }
      this.checkCaughtUp();
      if (this.cursors.every((cursor) => cursor.waiting.length === 0)) return;
    }
  }

  /** Takes what waits up to the next jump, and tells a jump that comes first; returns the place behind it. */
  private takeFrom(cursor: FollowCursor, into: ReceivedRecord[]): number {
    const { waiting, topic, partition } = cursor;
    let taken = 0;
    let position = cursor.position;
    for (const next of waiting) {
      if ('jumpTo' in next) {
        if (taken > 0) break;
        this.options.onJump?.({ topic, partition, expectedOffset: next.expected, foundOffset: next.jumpTo });
        position = next.jumpTo;
        waiting.shift();
        return position;
      }
      into.push(next);
      position = next.offset + 1;
      taken++;
    }
    waiting.splice(0, taken);
    return waiting.length === 0 ? cursor.offset : position;
  }

  private async handOver(records: readonly ReceivedRecord[]): Promise<boolean> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.options.onRecords(records);
        this.backoff.reset();
        return true;
      } catch (error) {
        const pauseMs = this.backoff.next();
        this.log('warn', 'A follower failed and gets its records again', { pauseMs, error });
        await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      }
    }
    return false;
  }

  private checkCaughtUp(): void {
    if (!this.resolveCaughtUp || this.cursors.some((cursor) => cursor.position < cursor.target)) return;
    this.resolveCaughtUp();
    this.resolveCaughtUp = undefined;
  }
}

/** Followers have no group: each knows its own place, and nothing about it is kept at the brokers. */
export class KafkaLogReader extends LogReader {
  private readonly followings = new Set<KafkaFollowing>();

  constructor(
    private readonly connect: () => ClusterClient,
    private readonly registry: TopicRegistry,
    private readonly log: BusLog,
  ) {
    super();
  }

  override async follow(options: FollowOptions): Promise<Following> {
    const client = this.connect();
    try {
      const cursors = await this.start(client, options);
      const following = new KafkaFollowing(options, cursors, client, this.log, (each) =>
        this.followings.delete(each),
      );
      this.followings.add(following);
      return following;
    } catch (error) {
      client.close();
      throw error;
    }
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.followings].map((following) => following.stop()));
  }

  private async start(client: ClusterClient, { topics, from }: FollowOptions): Promise<FollowCursor[]> {
    const partitions = this.registry.partitionsOf(topics);
    const at = (timestamp: number) =>
      client.listOffsets(partitions.map((partition) => ({ ...partition, timestamp })));
    const deadline = Date.now() + followTimeoutMs;
    const backoff = new Backoff({ minMs: 50, maxMs: 1_000 });
    for (;;) {
      try {
        await client.refresh(topics);
        // The start first: what is written between the two questions is then still received.
        const starts = await (from === 'latest'
          ? at(latest)
          : at(from === 'earliest' ? earliest : from.time));
        const ends = await at(latest);
        return partitions.map(({ topic, partition }, index) => {
          const { compacted = false, bundled = false } = this.registry.get(topic);
          const start = starts[index] ?? -1;
          const end = ends[index] ?? 0;
          return new FollowCursor(topic, partition, compacted, bundled, start < 0 ? end : start, end);
        });
      } catch (error) {
        const pauseMs = backoff.next();
        if (!isTransient(error) || Date.now() + pauseMs > deadline) throw error;
        await sleep(pauseMs);
      }
    }
  }
}
