import type { BusLog } from '../bus-log.js';
import {
  BatchRunner,
  type BatchSource,
  type Lease,
  type Part,
  type TakenBatch,
} from '../consuming/batch-runner.js';
import { assignPartitions } from '../partitioning/assign-partitions.js';
import { type Consumption, GroupConsumer, type GroupSubscription } from '../ports/group-consumer.js';
import type { ReceivedRecord, TopicPartition } from '../ports/records.js';
import type { MemoryTopics } from './memory-log.js';
import type { MemoryPartition, Place } from './memory-partition.js';

class MemoryLease implements Lease {
  ended = false;
  readonly place: Place;

  constructor(
    readonly topic: string,
    readonly log: MemoryPartition,
    committed: number,
  ) {
    this.place = { offset: Math.max(committed, log.startOffset), index: 0 };
  }

  get partition(): number {
    return this.log.partition;
  }
}

/** The processes of one group, here consumers of one process, and how far the group has come. */
class MemoryGroup {
  readonly members = new Set<GroupMembership>();
  private readonly committed = new Map<MemoryPartition, number>();

  constructor(private readonly topics: MemoryTopics) {}

  positionIn(log: MemoryPartition): number {
    return Math.max(this.committed.get(log) ?? 0, log.startOffset);
  }

  committedOf(log: MemoryPartition): number {
    let offset = this.committed.get(log);
    if (offset === undefined) {
      offset = 0;
      this.committed.set(log, offset);
      log.hold(() => this.committed.get(log) ?? 0);
    }
    return offset;
  }

  commit(log: MemoryPartition, offset: number): void {
    if (offset > this.committedOf(log)) this.committed.set(log, offset);
  }

  /** Partitions that stay with their owner are not interrupted. */
  rebalance(): void {
    const members = [...this.members];
    const assignment = assignPartitions(
      members.map(({ id, subscription }) => ({ id, topics: subscription.topics })),
      (topic) => this.topics.get(topic).partitions.length,
    );
    for (const member of members) member.endLeasesOutside(assignment.get(member.id) ?? []);
    for (const member of members) member.own(assignment.get(member.id) ?? []);
  }
}

/** One consumer of a group: the leases it holds, read batch by batch. */
class GroupMembership implements BatchSource<MemoryLease>, Consumption {
  private leases: MemoryLease[] = [];
  private firstLease = 0;
  private assigned = false;
  private lost = false;
  private stopped: Promise<void> | undefined;
  private due: NodeJS.Timeout | undefined;
  private readonly runner: BatchRunner<MemoryLease>;
  private readonly unsubscribe: (() => void)[];

  constructor(
    readonly id: string,
    readonly subscription: GroupSubscription,
    private readonly group: MemoryGroup,
    private readonly topics: MemoryTopics,
    private readonly log: BusLog,
  ) {
    this.runner = new BatchRunner(subscription, this, log);
    const wake = () => this.runner.wake();
    this.unsubscribe = subscription.topics.map((topic) => topics.get(topic).onAppended(wake));
  }

  owned(): readonly TopicPartition[] {
    return this.leases.map(({ topic, partition }) => ({ topic, partition }));
  }

  stop(): Promise<void> {
    return (this.stopped ??= this.leave());
  }

  private async leave(): Promise<void> {
    for (const unsubscribe of this.unsubscribe) unsubscribe();
    clearTimeout(this.due);
    await this.runner.stop();
    this.group.members.delete(this);
    this.endLeasesOutside([]);
    this.group.rebalance();
  }

  endLeasesOutside(owned: readonly TopicPartition[]): void {
    this.leases = this.leases.filter((lease) => {
      lease.ended = !owned.some((each) => each.topic === lease.topic && each.partition === lease.partition);
      this.lost ||= lease.ended;
      return !lease.ended;
    });
  }

  own(owned: readonly TopicPartition[]): void {
    let changed = !this.assigned || this.lost;
    for (const { topic, partition } of owned) {
      if (this.leases.some((lease) => lease.topic === topic && lease.partition === partition)) continue;
      const log = this.topics.get(topic).partitions[partition];
      if (log) this.leases.push(new MemoryLease(topic, log, this.group.committedOf(log)));
      changed = true;
    }
    this.lost = false;
    this.assigned = true;
    if (!changed) return;
    this.subscription.onAssigned?.(this.owned());
    this.runner.wake();
  }

  take(maxRecords: number): TakenBatch<MemoryLease> | undefined {
    const { delayMs } = this.subscription;
    const writtenBefore = delayMs === undefined ? Infinity : Date.now() - delayMs;
    const records: ReceivedRecord[] = [];
    const parts: Part<MemoryLease>[] = [];
    const count = this.leases.length;
    // Each batch begins with another partition, so that one that is always full does not starve the others.
    const first = this.firstLease++;
    for (let at = 0; at < count && records.length < maxRecords; at++) {
      const lease = this.leases[(first + at) % count];
      if (!lease || lease.place.offset >= lease.log.endOffset) continue;
      if (lease.place.offset < lease.log.startOffset) this.tellLoss(lease);
      const read = lease.log.read(lease.place, maxRecords - records.length, records, writtenBefore);
      // A bundle that is not read to its end is not committed yet: the place is still within its offset.
      if (read > 0) parts.push({ lease, nextOffset: lease.place.offset });
    }
    if (delayMs !== undefined) this.wakeWhenDue(delayMs);
    return records.length > 0 ? { records, parts } : undefined;
  }

  commit(parts: readonly Part<MemoryLease>[]): void {
    for (const { lease, nextOffset } of parts) this.group.commit(lease.log, nextOffset);
  }

  rewind(leases: readonly MemoryLease[]): void {
    for (const lease of leases) {
      lease.ended = true;
      const again = new MemoryLease(lease.topic, lease.log, this.group.committedOf(lease.log));
      this.leases = this.leases.map((each) => (each === lease ? again : each));
    }
  }

  private tellLoss({ topic, partition, place, log }: MemoryLease): void {
    const { group } = this.subscription;
    const lost = { group, topic, partition, from: place.offset, to: log.startOffset };
    this.log('error', 'Records were gone before the group read them', lost);
  }

  private wakeWhenDue(delayMs: number): void {
    const waiting = this.leases.map(({ log, place }) => log.timestampAt(place) ?? Infinity);
    const next = Math.min(...waiting);
    clearTimeout(this.due);
    if (next === Infinity) return;
    this.due = setTimeout(() => this.runner.wake(), Math.max(1, next + delayMs - Date.now()));
  }
}

export class MemoryGroupConsumer extends GroupConsumer {
  private readonly groups = new Map<string, MemoryGroup>();
  private memberships = 0;

  constructor(
    private readonly topics: MemoryTopics,
    private readonly log: BusLog,
  ) {
    super();
  }

  override async consume(subscription: GroupSubscription): Promise<Consumption> {
    if (subscription.coPartitioned) this.assertSamePartitions(subscription);
    let group = this.groups.get(subscription.group);
    if (!group) this.groups.set(subscription.group, (group = new MemoryGroup(this.topics)));
    const id = String(this.memberships++).padStart(6, '0');
    const member = new GroupMembership(id, subscription, group, this.topics, this.log);
    group.members.add(member);
    group.rebalance();
    return member;
  }

  override async positions(group: string, topic: string): Promise<readonly number[]> {
    const known = this.groups.get(group);
    return this.topics.get(topic).partitions.map((log) => known?.positionIn(log) ?? log.startOffset);
  }

  async stopAll(): Promise<void> {
    const members = [...this.groups.values()].flatMap((group) => [...group.members]);
    await Promise.all(members.map((member) => member.stop()));
  }

  private assertSamePartitions({ topics }: GroupSubscription): void {
    const counts = new Set(topics.map((topic) => this.topics.get(topic).partitions.length));
    if (counts.size > 1) throw new Error(`${topics.join(', ')} must have the same number of partitions`);
  }
}
