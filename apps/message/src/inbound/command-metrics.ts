import { type CommandKind } from '@parley/contracts';
import { Counter, Histogram, type Registry } from '@parley/service';
import { type VerdictOutcome } from './verdict.js';

const seconds = [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25, 0.5, 1, 2, 5];
const counts = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_000];

/** What an operator has to know of the way from command to committed row to what goes out. */
export class CommandMetrics {
  readonly roundSize: Histogram;
  readonly statementSeconds: Histogram;
  readonly publishSeconds: Histogram;
  readonly publishSize: Histogram;
  readonly reloads: Counter;
  readonly givenUp: Counter;
  private readonly commands: Counter<'kind' | 'outcome'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.commands = new Counter({
      name: 'parley_message_commands_total',
      help: 'Commands decided, by kind and by what they came to.',
      labelNames: ['kind', 'outcome'],
      registers,
    });
    this.roundSize = new Histogram({
      name: 'parley_message_round_commands',
      help: 'Messages that one statement was to store.',
      buckets: counts,
      registers,
    });
    this.statementSeconds = new Histogram({
      name: 'parley_message_statement_seconds',
      help: 'Time until a round of messages was stored, commit included.',
      buckets: seconds,
      registers,
    });
    this.publishSeconds = new Histogram({
      name: 'parley_message_publish_seconds',
      help: 'Time until replies, deliveries and events of a publish were confirmed.',
      buckets: seconds,
      registers,
    });
    this.publishSize = new Histogram({
      name: 'parley_message_publish_records',
      help: 'Replies, deliveries and events of one publish.',
      buckets: counts,
      registers,
    });
    this.reloads = new Counter({
      name: 'parley_message_conversation_reloads_total',
      help: 'Conversations that were not as this process remembered them, or had a command stored already.',
      registers,
    });
    this.givenUp = new Counter({
      name: 'parley_message_undeliverable_records_total',
      help: 'Records given up because the process that they were meant for has ended.',
      registers,
    });
  }

  decided(kind: CommandKind | 'unreadable' | 'unknown', outcome: VerdictOutcome, count: number): void {
    this.commands.inc({ kind, outcome }, count);
  }
}
