import { setTimeout as sleep } from 'node:timers/promises';
import type { BusLog } from '../../bus-log.js';
import { type ClusterClient, groupByTopic, isTransient } from '../wire/cluster-client.js';
import { throwIfError } from '../wire/error-codes.js';
import type { GroupLease } from './group-lease.js';
import type { Generation } from './group-membership.js';

/** A commit costs as much as any request: what is done meanwhile goes into the next. Milliseconds. */
const intervalMs = 100;
const retryMs = 250;

interface CommitAnswer {
  readonly responses: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly errorCode: number }[];
  }[];
}

/** Commits what the leases of one generation have done: one request at a time, the newest offsets win. */
export class OffsetCommitter {
  private readonly dirty = new Set<GroupLease>();
  private committing: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly client: ClusterClient,
    private readonly generation: Generation,
    private readonly log: BusLog,
  ) {}

  /** The lease's `committed` has changed. */
  note(lease: GroupLease): void {
    this.dirty.add(lease);
    if (this.timer || this.committing) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.flush();
    }, intervalMs);
  }

  /** Resolves when everything noted is committed, or the generation is over. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    while (this.dirty.size > 0 && !this.generation.isOver) {
      this.committing ??= this.commitOnce().finally(() => (this.committing = undefined));
      await this.committing;
    }
    await this.committing;
  }

  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.dirty.clear();
  }

  private async commitOnce(): Promise<void> {
    const { group, id, memberId, coordinator } = this.generation;
    const leases = [...this.dirty].filter((lease) => !lease.ended);
    this.dirty.clear();
    if (leases.length === 0) return;
    const topics = groupByTopic(leases, ({ partition, committed }) => ({
      partition,
      offset: String(committed),
    }));
    const request = { groupId: group, groupGenerationId: id, memberId, topics };
    try {
      const answer = await this.client.send<CommitAnswer>(coordinator, 'OffsetCommit', request);
      for (const { topic, partitions } of answer.responses) {
        for (const { partition, errorCode: code } of partitions) {
          throwIfError(code, `committing ${topic}/${partition} of group ${group}`);
        }
      }
    } catch (error) {
      this.log('warn', 'Offsets were not committed', { group, error });
      // Refused for good: the group has a new generation, and the heartbeat will tell.
      if (!isTransient(error)) return;
      for (const lease of leases) this.dirty.add(lease);
      await sleep(retryMs);
    }
  }
}
