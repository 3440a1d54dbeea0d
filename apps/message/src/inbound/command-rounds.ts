import { type Log } from '@parley/service';
import { setTimeout as pause } from 'node:timers/promises';
import { type Outbox } from '../delivery/outbox.js';
import { ConversationQueues } from './conversation-queues.js';
import { type ReceivedCommand } from './received-command.js';
import { type RoundParts } from './round-parts.js';
import { type Verdict } from './verdict.js';

const COMMANDS_PER_ROUND = 1_000;
/** Undecided commands beyond which no further batch is taken. */
const QUEUE_LIMIT = 2_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Decides commands in rounds: from each conversation that has some waiting, what can be decided together. A round
 * begins when the one before is in the database, while that one's records are still being published.
 */
export class CommandRounds {
  private readonly queues = new ConversationQueues();
  private running = false;
  private failedRounds = 0;
  private waiters: (() => void)[] = [];

  constructor(
    private readonly parts: RoundParts,
    private readonly outbox: Outbox,
    private readonly log: Log,
  ) {}

  /** Resolves when there is use in bringing more: these commands have had their first round, and there is room. */
  async add(commands: readonly ReceivedCommand[]): Promise<void> {
    for (const received of commands) {
      received.ticket.hold();
      this.queues.add(received);
    }
    do {
      if (this.queues.size === 0) break;
      if (!this.running) void this.run();
      await new Promise<void>((resolve) => this.waiters.push(resolve));
    } while (this.queues.size > QUEUE_LIMIT);
    await this.outbox.room();
  }

  private async run(): Promise<void> {
    this.running = true;
    // The first round waits for whoever adds commands in the same turn of the event loop.
    await Promise.resolve();
    while (this.queues.size > 0) {
      const waiters = this.waiters;
      this.waiters = [];
      const failures = await this.round();
      for (const resolve of waiters) resolve();
      if (failures.length > 0) await this.pauseAfter(failures);
      else this.failedRounds = 0;
    }
    this.running = false;
    for (const resolve of this.waiters.splice(0)) resolve();
  }

  private async round(): Promise<readonly unknown[]> {
    const queues = this.queues.next(COMMANDS_PER_ROUND);
    for (const queue of queues) {
      const lost = queue.commands.filter(({ ticket, position }) => !ticket.mayContinue(position.partition));
      if (lost.length > 0) this.settle({ conversationId: queue.conversationId, decided: lost, records: [] });
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

  private settle({ conversationId, decided, records }: Verdict): void {
    if (records.length > 0) this.outbox.add(records);
    this.queues.decided(conversationId, decided);
    for (const { ticket } of decided) ticket.release();
  }

  /** The database is retried for ever: nothing is lost, nothing is given up. */
  private async pauseAfter(failures: readonly unknown[]): Promise<void> {
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(this.failedRounds, 8));
    this.failedRounds += 1;
    this.log.warn(
      { err: failures[0], failures: failures.length, waiting: this.queues.size, pauseMs },
      'commands could not be decided and are tried again',
    );
    await pause(pauseMs);
  }
}
