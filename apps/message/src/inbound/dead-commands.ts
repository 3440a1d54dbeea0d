import { Refusal, topics } from '@parley/contracts';
import { type Log } from '@parley/service';
import { type Announcer } from '../delivery/announcer.js';
import { toDeadLetter } from '../delivery/dead-letters.js';
import { serializeRefusal } from '../messages/command-result.js';
import { isDataError } from '../messages/database-errors.js';
import { type ReceivedCommand } from './received-command.js';
import { type Verdict } from './verdict.js';

/** Puts aside for people what can never be carried out, and answers it. */
export class DeadCommands {
  constructor(
    private readonly announcer: Announcer,
    private readonly log: Log,
  ) {}

  putAside(received: ReceivedCommand, error: Error): Verdict {
    const { command, position, timestamp, ticket } = received;
    const { conversationId, kind, origin, commandId } = command;
    this.log.error({ err: error, kind, position }, 'a command cannot be carried out: dead letter');
    const letter = toDeadLetter(
      {
        topic: topics.conversationCommands.name,
        ...position,
        timestamp,
        value: JSON.stringify(command),
        reason: error.message,
        handler: kind,
        attempts: 1,
      },
      conversationId,
      ticket,
    );
    const reply = this.announcer.reply(origin, serializeRefusal(refusalFor(error), commandId), ticket);
    return { conversationId, decided: [received], outcome: 'dead', tell: () => [letter, reply] };
  }
}

function refusalFor(error: Error): Refusal {
  if (isDataError(error)) return new Refusal('INVALID', 'It holds something that cannot be stored.');
  return new Refusal('INTERNAL', 'This cannot be carried out; the fault is ours.', {
    retryable: false,
    outcome: 'unknown',
  });
}
