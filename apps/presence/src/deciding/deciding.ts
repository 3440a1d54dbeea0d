import { type PresenceStatus, topics } from '@parley/contracts';
import { type Publisher, type TopicAdmin } from '@parley/event-bus';
import { type Log } from '@parley/service';
import { type Later, later, type SessionDirectory } from '@parley/sessions';
import { type PresenceMetrics } from '../metrics.js';
import { type StatusStore } from '../statuses/status-store.js';
import { PartitionOwnership } from './partition-ownership.js';
import { PresenceDecider } from './presence-decider.js';
import { StatusRounds } from './status-rounds.js';

export interface DecidingWorld {
  readonly directory: SessionDirectory;
  readonly store: StatusStore;
  readonly publisher: Publisher;
  readonly topics: TopicAdmin;
  readonly log: Log;
  readonly metrics: PresenceMetrics;
  readonly lingerMs: number;
  /** Replaced in tests. */
  readonly later?: Later;
  readonly now?: () => number;
}

/** Decides about the people of the partitions that are its own, and keeps what is stored of them right. */
export class Deciding {
  private readonly decider: PresenceDecider;
  private readonly rounds: StatusRounds;
  private readonly ownership: PartitionOwnership;
  private stopListening: () => void = () => undefined;

  constructor(private readonly world: DecidingWorld) {
    const { directory, store, log, metrics } = world;
    this.decider = new PresenceDecider(directory, (userId) => this.rounds.add(userId), {
      later: world.later ?? later,
      now: world.now ?? (() => performance.now()),
    });
    this.rounds = new StatusRounds(world, {
      decide: (userId) => this.decide(userId),
      decided: (userId, status) => this.decided(userId, status),
      epochs: () => this.ownership.current,
      lose: (partition, epoch) => this.ownership.lose(partition, epoch),
    });
    this.ownership = new PartitionOwnership(
      topics.sessions.partitions,
      store,
      {
        begin: (stored) => this.decider.begin(stored, (userId) => this.ownership.isOurs(userId)),
        publishAgain: (changes) => this.rounds.publishAgain(changes),
        end: () => this.decider.end(),
      },
      log,
      world.later ?? later,
    );
    metrics.countPartitions(() => this.ownership.current.size);
  }

  /** The directory has to be complete before: whoever is not in it is taken for gone. */
  async start(): Promise<void> {
    await this.world.topics.ensure([topics.presenceChanges]);
    this.stopListening = this.world.directory.onUserChanged((userId, change) => {
      if (this.ownership.isOurs(userId)) this.decider.changed(userId, change);
    });
  }

  /** These are the partitions of `sessions` that are its own from now on. */
  assign(owned: readonly number[]): void {
    this.ownership.assign(owned);
  }

  async stop(): Promise<void> {
    this.stopListening();
    await this.ownership.stop();
    await this.rounds.stop();
  }

  private decide(userId: string) {
    const partition = this.ownership.partitionOf(userId);
    if (!this.ownership.current.has(partition)) return undefined;
    const decision = this.decider.decide(userId);
    return decision && { ...decision, partition };
  }

  /** Unless it has given them up meanwhile: then it starts from what is stored. */
  private decided(userId: string, status: PresenceStatus): void {
    if (this.ownership.isOurs(userId)) this.decider.decided(userId, status);
  }
}
