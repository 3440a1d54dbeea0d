import { setTimeout as sleep } from 'node:timers/promises';
import { type Presence, type PresenceStatus } from '@parley/contracts';
import { Backoff, partitionOf } from '@parley/event-bus';
import { type Log } from '@parley/service';
import { type Later } from '@parley/sessions';
import { type Epochs, type LoadedStatus } from '../statuses/status-store.js';

/** What happens when partitions come and go. */
export interface OwnershipHandler {
  /** It owns the partitions, and these are the people who are stored as connected. */
  begin(stored: Iterable<readonly [userId: string, status: PresenceStatus]>): void;
  /** Changes that may not have been published by whoever made them. */
  publishAgain(changes: readonly Presence[]): void;
  /** It owns nothing until it begins again. */
  end(): void;
}

export interface OwnershipStore {
  claim(partitions: readonly number[]): Promise<Epochs>;
  load(): Promise<LoadedStatus[]>;
}

const noEpochs: Epochs = new Map();

/**
 * Time for the group to say that somebody else owns what was lost. Where it does not, the claim that took it was an old
 * one, which had waited for the database until after its process had given it up.
 */
const claimAgainMs = 5_000;

/** Whose presence this process decides: people are dealt to partitions, and those to the processes of the group. */
export class PartitionOwnership {
  private epochs: Epochs = noEpochs;
  /** Goes up with each assignment: what belongs to an older one is over. */
  private assignments = 0;
  /** As the group said last. */
  private owned: readonly number[] = [];
  private callOff: () => void = () => undefined;
  private settled: Promise<void> = Promise.resolve();

  constructor(
    private readonly partitions: number,
    private readonly store: OwnershipStore,
    private readonly handler: OwnershipHandler,
    private readonly log: Pick<Log, 'info' | 'warn'>,
    private readonly later: Later,
  ) {}

  /** Under which each partition is written; empty while it takes over. */
  get current(): Epochs {
    return this.epochs;
  }

  partitionOf(userId: string): number {
    return partitionOf(userId, this.partitions);
  }

  isOurs(userId: string): boolean {
    return this.epochs.has(this.partitionOf(userId));
  }

  /** These are the partitions that it owns from now on. */
  assign(owned: readonly number[]): void {
    this.owned = owned;
    const assignment = this.giveUp();
    const before = this.settled;
    this.settled = before.then(() => this.takeOver(owned, assignment));
  }

  /**
   * Somebody else has taken over what it believed to own: the group will say what it owns now, or it takes it back.
   * @param epoch the one that does not count any more
   */
  lose(partition: number, epoch: number | undefined): void {
    if (this.epochs.get(partition) !== epoch) return;
    this.epochs = new Map([...this.epochs].filter(([owned]) => owned !== partition));
    this.callOff();
    this.callOff = this.later(claimAgainMs, () => this.assign(this.owned));
  }

  async stop(): Promise<void> {
    this.giveUp();
    await this.settled;
  }

  private giveUp(): number {
    this.callOff();
    this.epochs = noEpochs;
    this.handler.end();
    return ++this.assignments;
  }

  private async takeOver(owned: readonly number[], assignment: number): Promise<void> {
    const backoff = new Backoff({ minMs: 50, maxMs: 2_000 });
    while (owned.length > 0 && this.assignments === assignment) {
      try {
        await this.tryToTakeOver(owned, assignment);
        return;
      } catch (error) {
        const pauseMs = backoff.next();
        this.log.warn({ err: error, pauseMs }, 'the presence of people could not be taken over');
        await sleep(pauseMs);
      }
    }
  }

  private async tryToTakeOver(owned: readonly number[], assignment: number): Promise<void> {
    const epochs = await this.store.claim(owned);
    // After the claim: whoever owned them before has written the last of it.
    const loaded = await this.store.load();
    if (this.assignments !== assignment) return;
    this.epochs = epochs;
    const ours = loaded.filter(({ userId }) => this.isOurs(userId));
    this.handler.begin(ours.map(({ userId, status }) => [userId, status] as const));
    this.handler.publishAgain(ours.filter(({ recent }) => recent));
    this.log.info({ partitions: owned.length, people: ours.length }, 'decides about the presence of people');
  }
}
