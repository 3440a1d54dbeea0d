import { Refusal } from '@parley/contracts';
import { type ReceivedRecord } from '@parley/event-bus';
import { type Announcer } from '../delivery/announcer.js';
import { type CommitTicket } from '../delivery/commit-ticket.js';
import { toDeadLetter } from '../delivery/dead-letters.js';
import { type Outbox } from '../delivery/outbox.js';
import { serializeRefusal } from '../messages/command-result.js';
import { type CommandMetrics } from './command-metrics.js';
import { type CommandReading } from './read-command.js';

type Unread = Exclude<CommandReading, { outcome: 'read' }>;

/** Answers what is no command, where an origin can be read, and puts it aside unless a newer version may know it. */
export class CommandRejections {
  constructor(
    private readonly outbox: Outbox,
    private readonly announcer: Announcer,
    private readonly metrics: CommandMetrics,
  ) {}

  reject(record: ReceivedRecord, reading: Unread, ticket: CommitTicket): void {
    if (reading.outcome === 'unreadable') {
      const failed = { record, handler: 'read-command', attempts: 1, error: reading.reason };
      this.outbox.add([toDeadLetter(failed, ticket)]);
    }
    this.metrics.decided(
      reading.outcome === 'unreadable' ? 'unreadable' : 'unknown',
      reading.outcome === 'unreadable' ? 'dead' : 'refused',
      1,
    );
    if (reading.origin === null) return;
    const ack = serializeRefusal(refusalFor(reading), String(reading.origin.request));
    this.outbox.add([this.announcer.reply(reading.origin, ack, ticket)]);
  }
}

function refusalFor(reading: Unread): Refusal {
  return reading.outcome === 'unknown kind'
    ? new Refusal('UNAVAILABLE', `This version does not know ${reading.kind} yet: try again shortly.`)
    : new Refusal('INVALID', `The command cannot be read: ${reading.reason}.`);
}
