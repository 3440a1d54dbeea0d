import { setTimeout as sleep } from 'node:timers/promises';
import { type Presence, type PresenceStatus, topics } from '@parley/contracts';
import { Backoff, type Publisher } from '@parley/event-bus';
import { type Log } from '@parley/service';
import { type PresenceMetrics } from '../metrics.js';
import { type Epochs, type NewStatus, type WrittenStatuses } from '../statuses/status-store.js';
import { type Decision } from './presence-decider.js';

/** Some 300 KB as records. */
const maxPeople = 2_000;

export interface RoundsWorld {
  readonly store: { write(statuses: readonly NewStatus[], epochs: Epochs): Promise<WrittenStatuses> };
  readonly publisher: Publisher;
  readonly log: Pick<Log, 'warn'>;
  readonly metrics: PresenceMetrics;
  readonly lingerMs: number;
}

/** What a round asks, and tells. */
export interface Decisions {
  /** Undefined: nothing is to be written of this user, or it is not ours to say. */
  decide(userId: string): (Decision & { readonly partition: number }) | undefined;
  decided(userId: string, status: PresenceStatus): void;
  epochs(): Epochs;
  lose(partition: number, epoch: number | undefined): void;
}

/**
 * One round at a time: one statement for all that is due, and after its commit one publish. What fails is tried again
 * with what has become due meanwhile; of each user only the latest is published.
 */
export class StatusRounds {
  private due = new Set<string>();
  private readonly unpublished = new Map<string, Presence>();
  private running: Promise<void> | undefined;
  private readonly stopping = new AbortController();
  private readonly backoff = new Backoff({ minMs: 100, maxMs: 2_000 });

  constructor(
    private readonly world: RoundsWorld,
    private readonly decisions: Decisions,
  ) {}

  /** Somebody's status is to be looked at. */
  add(userId: string): void {
    this.due.add(userId);
    this.start();
  }

  publishAgain(changes: readonly Presence[]): void {
    this.keep(changes);
    if (changes.length > 0) this.start();
  }

  /** What is under way is finished; the rest is left to whoever takes over. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private get isWaiting(): boolean {
    return this.due.size > 0 || this.unpublished.size > 0;
  }

  private start(): void {
    if (this.running || this.stopping.signal.aborted) return;
    this.running = this.run().finally(() => {
      this.running = undefined;
      // What became due after the last look, and found this still running.
      if (this.isWaiting) this.start();
    });
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted && this.isWaiting) {
      await this.pause(this.world.lingerMs);
      try {
        await this.write();
        await this.publish();
        this.backoff.reset();
      } catch (error) {
        this.world.log.warn(
          { err: error, due: this.due.size, unpublished: this.unpublished.size },
          'changes of presence wait: they could not be stored or published',
        );
        await this.pause(this.backoff.next());
      }
    }
  }

  private async write(): Promise<void> {
    const statuses = this.takeDue();
    if (statuses.length === 0) return;
    const seconds = this.world.metrics.statementSeconds.startTimer();
    const epochs = this.decisions.epochs();
    let written: WrittenStatuses;
    try {
      written = await this.world.store.write(statuses, epochs);
    } catch (error) {
      for (const { userId } of statuses) this.due.add(userId);
      throw error;
    }
    seconds();
    this.world.metrics.decided(written.changed);
    this.keep(written.changed);
    for (const { userId, partition, status } of statuses) {
      if (written.held.has(partition)) this.decisions.decided(userId, status);
      else this.decisions.lose(partition, epochs.get(partition));
    }
  }

  private takeDue(): NewStatus[] {
    const statuses: NewStatus[] = [];
    for (const userId of this.due) {
      this.due.delete(userId);
      const decision = this.decisions.decide(userId);
      if (decision) statuses.push({ userId, ...decision });
      if (statuses.length === maxPeople) break;
    }
    return statuses;
  }

  private keep(changes: readonly Presence[]): void {
    for (const change of changes) {
      const known = this.unpublished.get(change.userId);
      if (!known || known.version < change.version) this.unpublished.set(change.userId, change);
    }
  }

  private async publish(): Promise<void> {
    const changes = [...this.unpublished.values()];
    if (changes.length === 0) return;
    const topic = topics.presenceChanges.name;
    await this.world.publisher.publish(
      changes.map((change) => ({ topic, key: change.userId, value: JSON.stringify(change) })),
    );
    for (const change of changes) {
      if (this.unpublished.get(change.userId) === change) this.unpublished.delete(change.userId);
    }
  }

  private async pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}
