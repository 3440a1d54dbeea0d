import { Refusal, topics } from '@parley/contracts';
import { isTransientDatabaseError } from '@parley/database';
import { type Log } from '@parley/service';
import { type CommandPerformer } from '../conversations/perform-command.js';
import { type Announcer } from '../delivery/announcer.js';
import { toDeadLetter } from '../delivery/dead-letters.js';
import { serializeRefusal } from '../messages/command-result.js';
import {
  isDatabaseError,
  isDataError,
  isLocked,
  isSystemError,
  isUniqueViolation,
} from '../messages/database-errors.js';
import { type ReceivedCommand } from './received-command.js';
import { type PartOutcome, type Verdict } from './verdict.js';

/** Transactions at once; each needs a connection. */
const CONCURRENCY = 4;

/** Carries out commands that stand alone, a few at a time, and puts aside those that can never be. */
export class SingleDecider {
  constructor(
    private readonly performer: CommandPerformer,
    private readonly announcer: Announcer,
    private readonly log: Log,
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
      return this.putAside(received, error as Error);
    }
  }

  private putAside(received: ReceivedCommand, error: Error): Verdict {
    const { command, position, timestamp, ticket } = received;
    this.log.error(
      { err: error, kind: command.kind, position },
      'a command cannot be carried out: dead letter',
    );
    const letter = toDeadLetter(
      {
        topic: topics.conversationCommands.name,
        ...position,
        timestamp,
        value: JSON.stringify(command),
        reason: error.message,
        handler: command.kind,
        attempts: 1,
      },
      command.conversationId,
      ticket,
    );
    const refusal = isDataError(error)
      ? new Refusal('INVALID', 'The command holds something that cannot be stored.')
      : new Refusal('INTERNAL', 'This cannot be carried out; the fault is ours.', {
          retryable: false,
          outcome: 'unknown',
        });
    const reply = this.announcer.reply(command.origin, serializeRefusal(refusal, command.commandId), ticket);
    return {
      conversationId: command.conversationId,
      decided: [received],
      outcome: 'dead',
      tell: () => [letter, reply],
    };
  }
}
