import type { EventBus } from '../ports/event-bus.js';
import type { Following, FollowOptions } from '../ports/log-reader.js';
import type { OutgoingRecord, ReceivedRecord } from '../ports/records.js';
import type { TopicSpec } from '../ports/topic-admin.js';

/** A log to run the contract suite on, with what a test must do behind the bus's back. */
export interface BusUnderTest {
  /** The bus of another process on the same log. The suite closes it. */
  connect(): Promise<EventBus>;
  /** Drops the records before an offset, as retention would. */
  dropBefore(topic: string, partition: number, offset: number): Promise<void>;
}

let names = 0;

/** A name that no other test, in this run or another on the same broker, has used. */
export function unique(name: string): string {
  return `${name}-${Date.now().toString(36)}-${process.pid}-${names++}`;
}

/** What was seen so far, and a way to wait for more. */
export class Seen<Item> {
  readonly items: Item[] = [];
  private waiting: (() => void)[] = [];

  add(...items: readonly Item[]): void {
    this.items.push(...items);
    for (const check of this.waiting) check();
  }

  /** Resolves when the condition holds; the test's time limit is the only other end. */
  async until(condition: (items: readonly Item[]) => boolean): Promise<void> {
    if (condition(this.items)) return;
    await new Promise<void>((resolve) => {
      const check = () => {
        if (!condition(this.items)) return;
        this.waiting = this.waiting.filter((each) => each !== check);
        resolve();
      };
      this.waiting.push(check);
    });
  }

  async count(count: number): Promise<readonly Item[]> {
    await this.until((items) => items.length >= count);
    return this.items;
  }
}

/** A promise that the test settles. */
export class Gate {
  open!: () => void;
  readonly opened = new Promise<void>((resolve) => (this.open = resolve));
}

export function textOf({ value }: ReceivedRecord): string {
  return String(value);
}

/** The connections of one test, one topic of its own each time it asks, and short ways to use them. */
export class BusTest {
  private readonly buses: EventBus[] = [];

  constructor(private readonly log: BusUnderTest) {}

  async connect(): Promise<EventBus> {
    const bus = await this.log.connect();
    this.buses.push(bus);
    return bus;
  }

  /** Connections that all know one new topic. */
  async connectTo(spec: Partial<TopicSpec>, connections = 1): Promise<{ topic: string; buses: EventBus[] }> {
    const topic = unique(spec.name ?? 'events');
    const full = { partitions: 4, retentionMs: 600_000, ...spec, name: topic };
    const buses: EventBus[] = [];
    for (let n = 0; n < connections; n++) {
      const bus = await this.connect();
      await bus.topics.ensure([full]);
      buses.push(bus);
    }
    return { topic, buses };
  }

  dropBefore(topic: string, partition: number, offset: number): Promise<void> {
    return this.log.dropBefore(topic, partition, offset);
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.buses.splice(0).map((bus) => bus.close()));
  }
}

/** Follows and keeps what comes. */
export async function followInto(
  bus: EventBus,
  topic: string,
  options: Partial<FollowOptions> = {},
): Promise<{ following: Following; seen: Seen<ReceivedRecord> }> {
  const seen = new Seen<ReceivedRecord>();
  const following = await bus.reader.follow({
    topics: [topic],
    from: 'earliest',
    onRecords: (records) => seen.add(...records),
    ...options,
  });
  return { following, seen };
}

/** `count` records with the values `<from>`, `<from + 1>` …, over eight keys. */
export function numbered(topic: string, count: number, from = 0): OutgoingRecord[] {
  return Array.from({ length: count }, (_, n) => ({
    topic,
    key: `key-${(from + n) % 8}`,
    value: String(from + n),
  }));
}

/** Fails where the values of one key came in another order than they were written; repetitions start again. */
export function assertOrderPerKey(records: readonly ReceivedRecord[]): void {
  const highest = new Map<string | null, number>();
  for (const record of records) {
    const number = Number(textOf(record));
    const before = highest.get(record.key) ?? -1;
    // After a redelivery numbers are seen again; a number that was skipped over may not come later.
    if (number > before && before >= 0 && number !== before + 8) {
      throw new Error(`${record.key ?? ''}: ${number} came after ${before}`);
    }
    highest.set(record.key, Math.max(number, before));
  }
}
