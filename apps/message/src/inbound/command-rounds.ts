import { type Spacing } from '@parley/event-bus';
import { type Log } from '@parley/service';
import { setTimeout as pause } from 'node:timers/promises';
import { type Outbox } from '../delivery/outbox.js';
import { type Outgoing } from '../delivery/outgoing.js';
import { type CommandMetrics } from './command-metrics.js';
import { ConversationQueues } from './conversation-queues.js';
import { type ReceivedCommand } from './received-command.js';
import { type RoundParts } from './round-parts.js';
import { type Verdict } from './verdict.js';

/** So many are worth a statement and a publish of their own; fewer wait for company. */
const ENOUGH = 16;
const COMMANDS_PER_ROUND = 1_000;
/** Undecided commands beyond which no further batch is taken. */
const QUEUE_LIMIT = 2_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;
const FRUITLESS_PAUSE_MS = 20;

/**
 * Decides commands in rounds: from each conversation that has some waiting, what can be decided together. Commands are
 * taken in while a round is in the database, and what it decided is told while the next one is.
 */
export class CommandRounds {
  private readonly queues = new ConversationQueues();
  private running = false;
  private failedRounds = 0;
  private fruitlessRounds = 0;
  private decidedCount = 0;
  private waiters: (() => void)[] = [];
  /** Not told yet. */
  private decided: Verdict[] = [];

  constructor(
    private readonly parts: RoundParts,
    private readonly outbox: Outbox,
    private readonly metrics: CommandMetrics,
    private readonly spacing: Spacing,
    private readonly log: Log,
  ) {}

  /** Resolves when there is room for more. */
  async add(commands: readonly ReceivedCommand[]): Promise<void> {
    for (const received of commands) {
      received.ticket.hold();
      this.queues.add(received);
    }
    if (!this.running && commands.length > 0) void this.run();
    if (this.queues.size >= ENOUGH) this.spacing.hurry();
    while (this.queues.size > QUEUE_LIMIT) await new Promise<void>((resolve) => this.waiters.push(resolve));
    await this.outbox.room();
  }

  private async run(): Promise<void> {
    this.running = true;
    // The first round waits for whoever adds commands in the same turn of the event loop.
    await Promise.resolve();
    while (this.queues.size > 0) {
      if (this.spacing.isResting && this.queues.size < ENOUGH) {
        this.tellDecided();
        await this.spacing.rested();
      }
      this.spacing.begin();
      const round = this.round();
      // The statement is on its way: now there is time for what the round before has decided.
      this.tellDecided();
      const decidedBefore = this.decidedCount;
      const failures = await round;
      for (const resolve of this.waiters.splice(0)) resolve();
      if (failures.length > 0) await this.pauseAfter(failures);
      else this.failedRounds = 0;
      this.fruitlessRounds = this.decidedCount === decidedBefore ? this.fruitlessRounds + 1 : 0;
      // One is normal: what was remembered was stale. More of them: somebody else holds all that is left.
      if (this.fruitlessRounds > 1) await pause(FRUITLESS_PAUSE_MS);
    }
    this.tellDecided();
    this.running = false;
  }

  private async round(): Promise<readonly unknown[]> {
    const queues = this.queues.next(COMMANDS_PER_ROUND);
    for (const queue of queues) {
      const lost = queue.commands.filter(({ ticket, position }) => !ticket.mayContinue(position.partition));
      if (lost.length > 0)
        this.settle({
          conversationId: queue.conversationId,
          decided: lost,
          outcome: 'dropped',
          tell: () => [],
        });
    }
    try {
      return await this.parts.decide(
        queues.filter(({ commands }) => commands.length > 0),
        (verdict) => this.settle(verdict),
      );
    } catch (error) {
      return [error];
    }
  }

  private settle(verdict: Verdict): void {
    this.queues.decided(verdict.conversationId, verdict.decided);
    this.decided.push(verdict);
    this.decidedCount += verdict.decided.length;
    const [first] = verdict.decided;
    if (first !== undefined)
      this.metrics.decided(first.command.kind, verdict.outcome, verdict.decided.length);
  }

  /** In the order of the decisions, so that what goes out is in the order of the versions. */
  private tellDecided(): void {
    if (this.decided.length === 0) return;
    const verdicts = this.decided;
    this.decided = [];
    const records: Outgoing[] = [];
    for (const { tell } of verdicts) for (const record of tell()) records.push(record);
    this.outbox.add(records);
    for (const { decided } of verdicts) for (const { ticket } of decided) ticket.release();
  }

  /** The database is retried for ever: nothing is lost, nothing is given up. */
  private async pauseAfter(failures: readonly unknown[]): Promise<void> {
    this.tellDecided();
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(this.failedRounds, 8));
    this.failedRounds += 1;
    this.log.warn(
      { err: failures[0], failures: failures.length, waiting: this.queues.size, pauseMs },
      'commands could not be decided and are tried again',
    );
    await pause(pauseMs);
  }
}
