import { setTimeout as sleep } from 'node:timers/promises';
import type { BusLog } from '../../bus-log.js';
import { BatchRunner, type BatchSource, type Part, type TakenBatch } from '../../consuming/batch-runner.js';
import type { Consumption, GroupSubscription } from '../../ports/group-consumer.js';
import type { ReceivedRecord, TopicPartition } from '../../ports/records.js';
import { Fetcher, type FetchHandler } from '../fetching/fetcher.js';
import { unpackBundle, unpackSingle } from '../record-codec.js';
import type { TopicRegistry } from '../topic-registry.js';
import type { ClusterClient } from '../wire/cluster-client.js';
import type { FetchedRecord } from '../wire/decode-fetch.js';
import { committedOffsets } from './committed-offsets.js';
import { GroupLease } from './group-lease.js';
import { type Generation, GroupMembership, type MembershipHandler } from './group-membership.js';
import { OffsetCommitter } from './offset-committer.js';

/** How long a rebalance waits for batches under way; they come again elsewhere otherwise. Milliseconds. */
const wrapUpMs = 3_000;
const lastCommitMs = 2_000;

/** One process's part in a group: what it owns, what is fetched of it, and one batch after the other. */
export class KafkaConsumption
  implements Consumption, BatchSource<GroupLease>, FetchHandler<GroupLease>, MembershipHandler
{
  private leases: GroupLease[] = [];
  private firstLease = 0;
  private due: NodeJS.Timeout | undefined;
  private rebalancing = false;
  private stopped: Promise<void> | undefined;
  private committer: OffsetCommitter | undefined;
  private readonly runner: BatchRunner<GroupLease>;
  private readonly fetcher: Fetcher<GroupLease>;
  private readonly membership: GroupMembership;

  constructor(
    private readonly subscription: GroupSubscription,
    private readonly client: ClusterClient,
    private readonly registry: TopicRegistry,
    private readonly log: BusLog,
  ) {
    this.runner = new BatchRunner(subscription, this, log);
    this.fetcher = new Fetcher<GroupLease>(client, this, log, () => subscription.gatherMs ?? 0);
    this.membership = new GroupMembership(client, registry, subscription, this, log);
  }

  async start(): Promise<void> {
    await this.membership.start();
  }

  owned(): readonly TopicPartition[] {
    const held = this.leases.filter((lease) => !lease.ended);
    return held.map(({ topic, partition }) => ({ topic, partition }));
  }

  stop(): Promise<void> {
    return (this.stopped ??= this.finish());
  }

  private async finish(): Promise<void> {
    await this.runner.stop();
    await this.commitNow();
    this.fetcher.stop();
    clearTimeout(this.due);
    await this.membership.leave();
    this.client.close();
  }

  async begin(generation: Generation, owned: readonly TopicPartition[]): Promise<void> {
    const offsets = await committedOffsets(this.client, generation, owned);
    this.committer = new OffsetCommitter(this.client, generation, this.log);
    this.leases = owned.map(({ topic, partition }, index) => {
      const { compacted = false } = this.registry.get(topic);
      return new GroupLease(generation, topic, partition, compacted, offsets[index] ?? 0);
    });
    this.rebalancing = false;
    this.subscription.onAssigned?.(owned);
    this.fetcher.add(this.leases);
  }

  async wrapUp(): Promise<void> {
    this.rebalancing = true;
    const givenUp = new AbortController();
    const limit = sleep(wrapUpMs, undefined, { signal: givenUp.signal }).catch(() => undefined);
    await Promise.race([this.runner.settled(), limit]);
    givenUp.abort();
    await this.commitNow();
  }

  end(): void {
    for (const lease of this.leases) lease.ended = true;
    this.fetcher.remove(this.leases);
    this.leases = [];
    this.committer?.close();
  }

  onRecords(lease: GroupLease, records: readonly FetchedRecord[]): void {
    const { topic, partition, queue } = lease;
    const bundled = this.registry.get(topic).bundled === true;
    for (const record of records) {
      if (bundled) for (const item of unpackBundle(topic, partition, record)) queue.push(item);
      else queue.push(unpackSingle(topic, partition, record));
    }
    lease.paused = queue.isFull;
    this.runner.wake();
  }

  onAdvanced(): void {
    // Nothing to hand over; the place is committed with the next record.
  }

  onJump(lease: GroupLease, from: number, to: number): void {
    const { topic, partition } = lease;
    const { group } = this.subscription;
    this.log('error', 'Records were gone before the group read them', { group, topic, partition, from, to });
    if (to >= from) return;
    // The log has lost its end, or was made anew: the offsets of what is under way stand for other records now.
    lease.committed = to;
    this.rewind([lease]);
  }

  take(maxRecords: number): TakenBatch<GroupLease> | undefined {
    if (this.rebalancing) return undefined;
    const { delayMs } = this.subscription;
    const writtenBefore = delayMs === undefined ? Infinity : Date.now() - delayMs;
    const records: ReceivedRecord[] = [];
    const parts: Part<GroupLease>[] = [];
    const count = this.leases.length;
    // Each batch begins with another partition, so that one that is always full does not starve the others.
    const first = this.firstLease++;
    for (let at = 0; at < count && records.length < maxRecords; at++) {
      const lease = this.leases[(first + at) % count];
      if (!lease || lease.queue.length === 0 || lease.ended) continue;
      const nextOffset = takeFrom(lease, maxRecords, writtenBefore, records);
      if (nextOffset !== undefined) parts.push({ lease, nextOffset });
      if (lease.paused && lease.queue.hasRoom) this.fetcher.resume(lease);
    }
    if (delayMs !== undefined) this.wakeWhenDue(delayMs);
    return records.length > 0 ? { records, parts } : undefined;
  }

  commit(parts: readonly Part<GroupLease>[]): void {
    for (const { lease, nextOffset } of parts) {
      if (nextOffset <= lease.committed) continue;
      lease.committed = nextOffset;
      this.committer?.note(lease);
    }
  }

  rewind(leases: readonly GroupLease[]): void {
    const again = leases.map((lease) => {
      lease.ended = true;
      const { generation, topic, partition, compacted, committed } = lease;
      const renewed = new GroupLease(generation, topic, partition, compacted, committed);
      this.leases = this.leases.map((each) => (each === lease ? renewed : each));
      return renewed;
    });
    const owned = again.filter((lease) => this.leases.includes(lease));
    // What was noted of the former lease is not committed any more; and a lower place must be, or the log might
    // outgrow the former one before anything is handled.
    for (const lease of owned) this.committer?.note(lease);
    this.fetcher.remove(leases);
    this.fetcher.add(owned);
  }

  private async commitNow(): Promise<void> {
    const givenUp = new AbortController();
    const limit = sleep(lastCommitMs, undefined, { signal: givenUp.signal }).catch(() => undefined);
    await Promise.race([this.committer?.flush(), limit]);
    givenUp.abort();
  }

  private wakeWhenDue(delayMs: number): void {
    const next = Math.min(...this.leases.map(({ queue }) => queue.peek()?.timestamp ?? Infinity));
    clearTimeout(this.due);
    if (next === Infinity) return;
    this.due = setTimeout(() => this.runner.wake(), Math.max(1, next + delayMs - Date.now()));
  }
}

/** @returns the offset to commit when these are done; within a bundle it stays at the bundle */
function takeFrom(
  { queue }: GroupLease,
  maxRecords: number,
  writtenBefore: number,
  into: ReceivedRecord[],
): number | undefined {
  let last: ReceivedRecord | undefined;
  for (let next = queue.peek(); next && into.length < maxRecords; next = queue.peek()) {
    if (next.timestamp > writtenBefore) break;
    into.push(next);
    last = queue.shift();
  }
  if (!last) return undefined;
  return queue.peek()?.offset === last.offset ? last.offset : last.offset + 1;
}
