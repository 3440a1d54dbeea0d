import { Injectable } from '@nestjs/common';
import type { ErrorCode, SocketCommandName } from '@parley/contracts';
import { Counter, Gauge, Histogram, Registry } from '@parley/service';

/** `answered`: the reply of another service, whatever it says; otherwise what the gateway itself answered. */
export type CommandOutcome = 'ok' | 'answered' | ErrorCode;
export type UnreadableReason = 'packet' | 'frame-too-large' | 'no-ack';

@Injectable()
export class GatewayMetrics {
  /** Counted here and handed over when somebody asks: a labelled counter costs a microsecond each time. */
  private readonly commandCounts = new Map<string, Map<CommandOutcome, number>>();

  readonly deliveries: Counter;
  readonly slowReaders: Counter;
  readonly refusedHandshakes: Counter<'code'>;
  readonly signals: Counter<'kind'>;
  readonly typingDropped: Counter;
  private readonly unreadableSockets: Counter<'reason'>;
  private readonly produceSeconds: Histogram;

  constructor(private readonly registry: Registry) {
    const registers = [registry];
    this.deliveries = new Counter({
      name: 'parley_gateway_deliveries_total',
      help: 'Events written to sockets.',
      registers,
    });
    this.slowReaders = new Counter({
      name: 'parley_gateway_slow_readers_closed_total',
      help: 'Sockets closed because too many bytes waited for their client.',
      registers,
    });
    this.refusedHandshakes = new Counter({
      name: 'parley_gateway_handshakes_refused_total',
      help: 'Handshakes refused, by error code.',
      labelNames: ['code'],
      registers,
    });
    this.signals = new Counter({
      name: 'parley_gateway_signals_total',
      help: 'Receipts and typing passed on, after merging.',
      labelNames: ['kind'],
      registers,
    });
    this.typingDropped = new Counter({
      name: 'parley_gateway_typing_dropped_total',
      help: 'Typing that nobody was told of, for want of room or of an answer of the log.',
      registers,
    });
    this.unreadableSockets = new Counter({
      name: 'parley_gateway_unreadable_sockets_closed_total',
      help: 'Sockets closed because what they sent cannot be read or answered.',
      labelNames: ['reason'],
      registers,
    });
    this.produceSeconds = new Histogram({
      name: 'parley_gateway_produce_seconds',
      help: 'Time for one batch of commands to be confirmed by the log.',
      buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5],
      registers,
    });
    this.registerCommands();
  }

  /** Shown as `parley_gateway_sockets`. */
  countSockets(live: () => number): void {
    new Gauge({
      name: 'parley_gateway_sockets',
      help: 'Live sessions.',
      registers: [this.registry],
      collect() {
        this.set(live());
      },
    });
  }

  command(name: SocketCommandName | 'unknown', outcome: CommandOutcome): void {
    let outcomes = this.commandCounts.get(name);
    if (!outcomes) {
      outcomes = new Map<CommandOutcome, number>();
      this.commandCounts.set(name, outcomes);
    }
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }

  unreadable(reason: UnreadableReason): void {
    this.unreadableSockets.inc({ reason });
  }

  produced(milliseconds: number): void {
    this.produceSeconds.observe(milliseconds / 1000);
  }

  private registerCommands(): void {
    const counts = this.commandCounts;
    new Counter({
      name: 'parley_gateway_commands_total',
      help: 'Commands of clients, by outcome.',
      labelNames: ['command', 'outcome'],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [command, outcomes] of counts) {
          for (const [outcome, count] of outcomes) this.inc({ command, outcome }, count);
        }
      },
    });
  }
}
