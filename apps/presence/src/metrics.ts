import { type Presence } from '@parley/contracts';
import { Counter, Gauge, Histogram, type Registry } from '@parley/service';

/** What an operator has to know of presence. */
export class PresenceMetrics {
  readonly statementSeconds: Histogram;
  private readonly changes: Counter<'status'>;

  constructor(private readonly registry: Registry) {
    const registers = [registry];
    this.changes = new Counter({
      name: 'parley_presence_changes_total',
      help: 'People who came to be shown as another status, by that status.',
      labelNames: ['status'],
      registers,
    });
    this.statementSeconds = new Histogram({
      name: 'parley_presence_statement_seconds',
      help: 'Time until the changes of one round were stored.',
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5],
      registers,
    });
  }

  /** Shown as `parley_presence_partitions`. */
  countPartitions(owned: () => number): void {
    new Gauge({
      name: 'parley_presence_partitions',
      help: 'Partitions of people whose presence this process decides.',
      registers: [this.registry],
      collect() {
        this.set(owned());
      },
    });
  }

  decided(changed: readonly Presence[]): void {
    for (const { status } of changed) this.changes.inc({ status });
  }
}
