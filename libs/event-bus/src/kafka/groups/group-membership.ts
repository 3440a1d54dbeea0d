import { setTimeout as sleep } from 'node:timers/promises';
import type { BusLog } from '../../bus-log.js';
import { Backoff } from '../../consuming/backoff.js';
import { assignPartitions } from '../../partitioning/assign-partitions.js';
import type { TopicPartition } from '../../ports/records.js';
import type { TopicRegistry } from '../topic-registry.js';
import { type ClusterClient, groupByTopic } from '../wire/cluster-client.js';
import { BrokerError, errorCode, throwIfError } from '../wire/error-codes.js';
import { MemberAssignment, MemberMetadata } from '../wire/kafkajs-internals.js';

/** The group gives a member's partitions away when it has not heard from it for so long. Milliseconds. */
export const sessionTimeoutMs = 6_000;
const heartbeatMs = 1_000;
/** How long a rebalance waits for members to come back. Milliseconds. */
const rebalanceTimeoutMs = 6_000;
/** Beyond what a join may take by itself: the rebalance of a member that has died. Milliseconds. */
const joinTimeoutMs = rebalanceTimeoutMs + sessionTimeoutMs;
const protocolName = 'by-partition-number';

/** One membership between two rebalances. Offsets are committed in its name, or not at all. */
export class Generation {
  private lastContact = Date.now();
  private ended = false;

  constructor(
    readonly group: string,
    readonly id: number,
    readonly memberId: string,
    public coordinator: number,
  ) {}

  /** Given up, or so long without an answer that the group must have given the partitions away. */
  get isOver(): boolean {
    this.ended ||= Date.now() - this.lastContact > sessionTimeoutMs;
    return this.ended;
  }

  end(): void {
    this.ended = true;
  }

  confirm(sentAt: number): void {
    if (!this.isOver) this.lastContact = sentAt;
  }
}

export interface MembershipHandler {
  /** A new generation begins with these partitions. */
  begin(generation: Generation, owned: readonly TopicPartition[]): Promise<void>;
  /** The group rebalances: there is a little time to finish and commit. Not called for one that is over. */
  wrapUp(generation: Generation): Promise<void>;
  /** The generation is over: what is still under way no longer counts. */
  end(): void;
}

interface JoinAnswer {
  readonly errorCode: number;
  readonly generationId: number;
  readonly leaderId: string;
  readonly memberId: string;
  readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[];
}

/** Keeps one process a member of a group, and tells which partitions it owns. */
export class GroupMembership {
  private memberId = '';
  private readonly leaving = new AbortController();
  private running: Promise<void> | undefined;
  private current: Generation | undefined;
  private readonly backoff = new Backoff({ minMs: 50, maxMs: 1_000 });

  constructor(
    private readonly client: ClusterClient,
    private readonly registry: TopicRegistry,
    private readonly subscription: { readonly group: string; readonly topics: readonly string[] },
    private readonly handler: MembershipHandler,
    private readonly log: BusLog,
  ) {}

  /** Resolves when the first generation has begun. */
  async start(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.running = this.run(resolve);
    });
  }

  /** Ends the membership; the group gives the partitions away at once. */
  async leave(): Promise<void> {
    this.leaving.abort();
    await this.running;
    const { group } = this.subscription;
    if (!this.memberId) return;
    try {
      const coordinator = this.current?.coordinator ?? (await this.client.coordinatorOf(group));
      await this.client.send(coordinator, 'LeaveGroup', { groupId: group, memberId: this.memberId });
    } catch (error) {
      this.log('info', 'The group was not told of the leave and will notice by itself', { group, error });
    }
  }

  private async run(onFirst: () => void): Promise<void> {
    const { group } = this.subscription;
    while (!this.leaving.signal.aborted) {
      try {
        const { generation, owned } = await this.join();
        this.current = generation;
        await this.handler.begin(generation, owned);
        this.log('info', 'Joined a group', { group, generation: generation.id, owned: owned.length });
        onFirst();
        this.backoff.reset();
        await this.stayAlive(generation);
      } catch (error) {
        if (this.leaving.signal.aborted) break;
        if (isCode(error, errorCode.unknownMemberId)) this.memberId = '';
        this.endCurrent();
        if (isCode(error, errorCode.rebalanceInProgress)) continue;
        const pauseMs = this.backoff.next();
        this.log('warn', 'A group is not joined', { group, pauseMs, error });
        await this.pause(pauseMs);
      }
      this.endCurrent();
    }
    this.endCurrent();
    onFirst();
  }

  private endCurrent(): void {
    this.current?.end();
    this.handler.end();
  }

  /** Heartbeats until the generation ends. */
  private async stayAlive(generation: Generation): Promise<void> {
    const { group, id, memberId } = generation;
    let failing = false;
    for (;;) {
      await this.pause(failing ? heartbeatMs / 4 : heartbeatMs);
      if (this.leaving.signal.aborted || generation.isOver) return;
      const sentAt = Date.now();
      try {
        if (failing) generation.coordinator = await this.client.coordinatorOf(group);
        const request = { groupId: group, groupGenerationId: id, memberId };
        const answer = await this.client.send<{ errorCode: number }>(
          generation.coordinator,
          'Heartbeat',
          request,
        );
        if (answer.errorCode === errorCode.rebalanceInProgress) {
          if (!generation.isOver) await this.handler.wrapUp(generation);
          return;
        }
        throwIfError(answer.errorCode, `staying in group ${group}`);
        generation.confirm(sentAt);
        failing = false;
      } catch (error) {
        if (this.leaving.signal.aborted) return;
        this.log('warn', 'A heartbeat failed', { group, error });
        if (isCode(error, errorCode.unknownMemberId)) this.memberId = '';
        if (isCode(error, errorCode.unknownMemberId) || isCode(error, errorCode.illegalGeneration)) return;
        failing = true;
      }
    }
  }

  private async join(): Promise<{ generation: Generation; owned: TopicPartition[] }> {
    const { group, topics } = this.subscription;
    const coordinator = await this.client.coordinatorOf(group);
    const joined = await this.sendJoin(coordinator);
    this.memberId = joined.memberId;
    const generation = new Generation(group, joined.generationId, joined.memberId, coordinator);
    const answer = await this.client.send<{ errorCode: number; memberAssignment: Buffer }>(
      coordinator,
      'SyncGroup',
      {
        groupId: group,
        generationId: joined.generationId,
        memberId: joined.memberId,
        groupAssignment: joined.leaderId === joined.memberId ? this.assign(joined) : [],
      },
      joinTimeoutMs,
    );
    throwIfError(answer.errorCode, `joining group ${group}`);
    const assignment = MemberAssignment.decode(answer.memberAssignment)?.assignment ?? {};
    const owned = topics.flatMap((topic) =>
      (assignment[topic] ?? []).map((partition) => ({ topic, partition })),
    );
    return { generation, owned };
  }

  private async sendJoin(coordinator: number): Promise<JoinAnswer> {
    const { group, topics } = this.subscription;
    const protocol = { name: protocolName, metadata: MemberMetadata.encode({ version: 0, topics }) };
    for (;;) {
      const request = {
        groupId: group,
        sessionTimeout: sessionTimeoutMs,
        rebalanceTimeout: rebalanceTimeoutMs,
        memberId: this.memberId,
        protocolType: 'consumer',
        groupProtocols: [protocol],
      };
      const answer = await this.client.send<JoinAnswer>(coordinator, 'JoinGroup', request, joinTimeoutMs);
      if (answer.errorCode !== errorCode.memberIdRequired) {
        throwIfError(answer.errorCode, `joining group ${group}`);
        return answer;
      }
      this.memberId = answer.memberId;
    }
  }

  /** As the leader: who gets what. Topics that only other members read are dealt by the counts known here. */
  private assign({ members }: JoinAnswer): { memberId: string; memberAssignment: Buffer }[] {
    const readers = members.map(({ memberId, memberMetadata }) => ({
      id: memberId,
      topics: MemberMetadata.decode(memberMetadata).topics,
    }));
    const assignment = assignPartitions(readers, (topic) => this.registry.find(topic)?.partitions ?? 0);
    return [...assignment].map(([memberId, owned]) => {
      const byTopic = groupByTopic(owned, ({ partition }) => partition);
      const topics = Object.fromEntries(byTopic.map(({ topic, partitions }) => [topic, partitions]));
      return { memberId, memberAssignment: MemberAssignment.encode({ version: 0, assignment: topics }) };
    });
  }

  private async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.leaving.signal }).catch(() => undefined);
  }
}

function isCode(error: unknown, code: number): boolean {
  return error instanceof BrokerError && error.code === code;
}
