import { topics } from '@parley/contracts';
import { type Consumption, type Continuing, type GroupConsumer, type RecordBatch } from '@parley/event-bus';
import { CommitTicket } from '../delivery/commit-ticket.js';
import { type BrokerClock } from './broker-clock.js';
import { type CommandRejections } from './command-rejections.js';
import { type CommandRounds } from './command-rounds.js';
import { readCommand } from './read-command.js';
import { type ReceivedCommand } from './received-command.js';

const topic = topics.conversationCommands.name;

/** Takes commands from the log: reads them and hands them to the rounds. */
export class CommandConsumer {
  private consumption: Consumption | undefined;

  constructor(
    private readonly consumer: GroupConsumer,
    private readonly rounds: CommandRounds,
    private readonly rejections: CommandRejections,
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
        this.rejections.reject(record, reading, ticket);
      }
    }
    await this.rounds.add(commands);
    ticket.release();
    return { finished: ticket.finished };
  }
}
