import { setTimeout as sleep } from 'node:timers/promises';
import type { BusLog } from '../bus-log.js';
import { Backoff } from '../consuming/backoff.js';
import { type FollowOptions, type Following, LogReader } from '../ports/log-reader.js';
import type { ReceivedRecord } from '../ports/records.js';
import type { MemoryTopics } from './memory-log.js';
import type { MemoryPartition, Place } from './memory-partition.js';

/** The most records that a follower is handed at once. */
const maxRecords = 1_000;

interface Reading {
  readonly topic: string;
  readonly log: MemoryPartition;
  readonly place: Place;
  /** The offset of the first record that was not handed over yet. */
  position: number;
  /** The end when `follow` was called. */
  readonly target: number;
}

class MemoryFollowing implements Following {
  readonly caughtUp: Promise<void>;
  private readonly readings: Reading[];
  private readonly release: (() => void)[] = [];
  private readonly backoff = new Backoff();
  private resolveCaughtUp: (() => void) | undefined;
  private scheduled = false;
  private readonly stopping = new AbortController();
  private handing: Promise<boolean> | undefined;

  constructor(
    private readonly options: FollowOptions,
    topics: MemoryTopics,
    private readonly log: BusLog,
  ) {
    this.readings = options.topics.flatMap((topic) =>
      topics.get(topic).partitions.map((log) => {
        const offset = startOf(log, options.from);
        return { topic, log, place: { offset, index: 0 }, position: offset, target: log.endOffset };
      }),
    );
    this.caughtUp = new Promise((resolve) => (this.resolveCaughtUp = resolve));
    for (const topic of options.topics) this.release.push(topics.get(topic).onAppended(() => this.wake()));
    for (const reading of this.readings) this.release.push(reading.log.hold(() => reading.position));
    this.wake();
  }

  position(topic: string, partition: number): number {
    const reading = this.readings.find((each) => each.topic === topic && each.log.partition === partition);
    if (!reading) throw new Error(`${topic}/${partition} is not followed`);
    return reading.position;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    for (const release of this.release.splice(0)) release();
    await this.handing;
  }

  private wake(): void {
    if (this.scheduled || this.stopping.signal.aborted) return;
    this.scheduled = true;
    setImmediate(() => void this.handOver());
  }

  private async handOver(): Promise<void> {
    if (this.stopping.signal.aborted) return;
    const records = this.read();
    if (records.length > 0) {
      this.handing = this.handOverUntilTaken(records);
      if (!(await this.handing)) return;
    }
    this.scheduled = false;
    for (const reading of this.readings) reading.position = reading.place.offset;
    if (this.resolveCaughtUp && this.readings.every(({ place, target }) => place.offset >= target)) {
      this.resolveCaughtUp();
      this.resolveCaughtUp = undefined;
    }
    if (this.readings.some(({ log, place }) => place.offset < log.endOffset)) this.wake();
  }

  private read(): ReceivedRecord[] {
    const records: ReceivedRecord[] = [];
    for (const { topic, log, place } of this.readings) {
      if (place.offset < log.startOffset) {
        const { partition, startOffset } = log;
        this.options.onJump?.({ topic, partition, expectedOffset: place.offset, foundOffset: startOffset });
        place.offset = startOffset;
        place.index = 0;
      }
      if (place.offset < log.endOffset) log.read(place, maxRecords - records.length, records);
    }
    return records;
  }

  private async handOverUntilTaken(records: readonly ReceivedRecord[]): Promise<boolean> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.options.onRecords(records);
        this.backoff.reset();
        return true;
      } catch (error) {
        const pauseMs = this.backoff.next();
        this.log('warn', 'A follower failed and gets its records again', { pauseMs, error });
        await sleep(pauseMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      }
    }
    return false;
  }
}

function startOf(log: MemoryPartition, from: FollowOptions['from']): number {
  if (from === 'earliest') return log.startOffset;
  if (from === 'latest') return log.endOffset;
  return log.offsetAt(from.time);
}

export class MemoryLogReader extends LogReader {
  private readonly followings = new Set<MemoryFollowing>();

  constructor(
    private readonly topics: MemoryTopics,
    private readonly log: BusLog,
  ) {
    super();
  }

  override async follow(options: FollowOptions): Promise<Following> {
    const following = new MemoryFollowing(options, this.topics, this.log);
    this.followings.add(following);
    return following;
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.followings].map((following) => following.stop()));
    this.followings.clear();
  }
}
