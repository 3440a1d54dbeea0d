import { isTransientDatabaseError } from '@parley/database';
import { type CommandPerformer } from '../conversations/perform-command.js';
import {
  isDatabaseError,
  isDataError,
  isLocked,
  isSystemError,
  isUniqueViolation,
} from '../messages/database-errors.js';
import { type DeadCommands } from './dead-commands.js';
import { type ReceivedCommand } from './received-command.js';
import { type PartOutcome, type Verdict } from './verdict.js';

/** Transactions at once; each needs a connection. */
const CONCURRENCY = 4;

/** Carries out commands that stand alone, a few at a time, and puts aside those that can never be. */
export class SingleDecider {
  constructor(
    private readonly performer: CommandPerformer,
    private readonly dead: DeadCommands,
  ) {}

  async decide(commands: readonly ReceivedCommand[]): Promise<PartOutcome> {
    if (commands.length === 0) return { verdicts: [], failures: [] };
    const verdicts: Verdict[] = [];
    const failures: unknown[] = [];
    const waiting = commands.values();
    const work = async (): Promise<void> => {
      // One iterator for all: each takes the next that nobody has taken.
      for (const received of waiting) {
        const verdict = await this.decideOne(received, failures);
        if (verdict !== undefined) verdicts.push(verdict);
      }
    };
    await Promise.all(Array.from({ length: Math.min(CONCURRENCY, commands.length) }, work));
    return { verdicts, failures };
  }

  private async decideOne(received: ReceivedCommand, failures: unknown[]): Promise<Verdict | undefined> {
    const { conversationId } = received.command;
    try {
      const { outcome, records } = await this.performer.perform(received);
      return { conversationId, decided: [received], outcome, tell: () => records };
    } catch (error) {
      // Another writer was there first, or is there now: once more, from what is true then.
      if (isUniqueViolation(error) || isLocked(error)) return undefined;
      if (
        isTransientDatabaseError(error) ||
        isSystemError(error) ||
        (isDatabaseError(error) && !isDataError(error))
      ) {
        failures.push(error);
        return undefined;
      }
      return this.dead.putAside(received, error as Error);
    }
  }
}
