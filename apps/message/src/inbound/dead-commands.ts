import { Refusal, topics } from '@parley/contracts';
import { type ReceivedRecord } from '@parley/event-bus';
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
    const { command, position, ticket } = received;
    const { conversationId, kind, origin, commandId } = command;
    this.log.error({ err: error, kind, position }, 'a command cannot be carried out: dead letter');
    const letter = toDeadLetter({ record: toRecord(received), handler: kind, attempts: 1, error }, ticket);
    const reply = this.announcer.reply(origin, serializeRefusal(refusalFor(error), commandId), ticket);
    return { conversationId, decided: [received], outcome: 'dead', tell: () => [letter, reply] };
  }
}

/** Made anew: the bytes that were read would keep everything in memory that was fetched together with them. */
function toRecord({ command, position, timestamp }: ReceivedCommand): ReceivedRecord {
  const value = Buffer.from(JSON.stringify(command));
  const topic = topics.conversationCommands.name;
  return { topic, ...position, timestamp, key: command.conversationId, value };
}

function refusalFor(error: Error): Refusal {
  if (isDataError(error)) return new Refusal('INVALID', 'It holds something that cannot be stored.');
  return new Refusal('INTERNAL', 'This cannot be carried out; the fault is ours.', {
    retryable: false,
    outcome: 'unknown',
  });
}
