import { Refusal, topics } from '@parley/contracts';
import {
  type Consumption,
  type Continuing,
  type GroupConsumer,
  type ReceivedRecord,
  type RecordBatch,
} from '@parley/event-bus';
import { type Announcer } from '../delivery/announcer.js';
import { CommitTicket } from '../delivery/commit-ticket.js';
import { toDeadLetter } from '../delivery/dead-letters.js';
import { type Outbox } from '../delivery/outbox.js';
import { serializeRefusal } from '../messages/command-result.js';
import { type BrokerClock } from './broker-clock.js';
import { type CommandRounds } from './command-rounds.js';
import { type CommandReading, readCommand } from './read-command.js';
import { type ReceivedCommand } from './received-command.js';

const topic = topics.conversationCommands.name;

/** Takes commands from the log: reads them, hands them to the rounds, and puts aside what cannot be read. */
export class CommandConsumer {
  private consumption: Consumption | undefined;

  constructor(
    private readonly consumer: GroupConsumer,
    private readonly rounds: CommandRounds,
    private readonly outbox: Outbox,
    private readonly announcer: Announcer,
    private readonly clock: BrokerClock,
  ) {}

  /** @param onAssigned told which partitions this process owns, after each change */
  async start(onAssigned: (partitions: ReadonlySet<number>) => void): Promise<void> {
    this.consumption = await this.consumer.consume({
      group: 'message',
      topics: [topic],
      onBatch: (batch) => this.take(batch),
      onAssigned: (owned) => onAssigned(new Set(owned.map(({ partition }) => partition))),
    });
  }

  async stop(): Promise<void> {
    await this.consumption?.stop();
  }

  private async take(batch: RecordBatch): Promise<Continuing> {
    const ticket = new CommitTicket((partition) => batch.isOwned({ topic, partition }));
    const commands: ReceivedCommand[] = [];
    for (const record of batch.records) {
      this.clock.observe(record.timestamp);
      const reading = readCommand(record.value);
      if (reading.outcome === 'read') {
        const { partition, offset, index, timestamp } = record;
        const position = { partition, offset, index };
        commands.push({ command: reading.command, position, timestamp, ticket });
      } else {
        this.reject(record, reading, ticket);
      }
    }
    await this.rounds.add(commands);
    ticket.release();
    return { finished: ticket.finished };
  }

  private reject(
    record: ReceivedRecord,
    reading: Exclude<CommandReading, { outcome: 'read' }>,
    ticket: CommitTicket,
  ): void {
    if (reading.outcome === 'unreadable') {
      const { partition, offset, index, timestamp, value, key } = record;
      const letter = {
        topic,
        partition,
        offset,
        index,
        timestamp,
        value: value?.toString('utf8') ?? null,
        reason: reading.reason,
        handler: 'read-command',
        attempts: 1,
      };
      this.outbox.add([toDeadLetter(letter, key, ticket)]);
    }
    if (reading.origin === null) return;
    const ack = serializeRefusal(refusalFor(reading), String(reading.origin.request));
    this.outbox.add([this.announcer.reply(reading.origin, ack, ticket)]);
  }
}

function refusalFor(reading: Exclude<CommandReading, { outcome: 'read' }>): Refusal {
  return reading.outcome === 'unknown kind'
    ? new Refusal('UNAVAILABLE', `This version does not know ${reading.kind} yet: try again shortly.`)
    : new Refusal('INVALID', `The command cannot be read: ${reading.reason}.`);
}
