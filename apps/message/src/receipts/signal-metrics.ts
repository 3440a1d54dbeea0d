import { Counter, Histogram, type Registry } from '@parley/service';

const seconds = [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25, 0.5, 1, 2, 5];
const counts = [1, 4, 16, 64, 256, 1_000, 4_000, 16_000];

/** What becomes of receipts and typing. */
export class SignalMetrics {
  readonly publishSeconds: Histogram;
  readonly publishSize: Histogram;
  readonly givenUp: Counter;
  readonly unread: Counter<'reason'>;
  readonly typing: Counter<'outcome'>;
  readonly summaries: Counter;
  private readonly marks: Counter<'outcome'>;
  private readonly storeSeconds: Histogram;

  constructor(registry: Registry) {
    const registers = [registry];
    this.marks = new Counter({
      name: 'parley_message_receipt_marks_total',
      help: 'Marks to be stored, after merging, by what became of them: moved, unmoved, refused (dead letters).',
      labelNames: ['outcome'],
      registers,
    });
    this.storeSeconds = new Histogram({
      name: 'parley_message_receipt_statement_seconds',
      help: 'Time until marks were stored.',
      buckets: seconds,
      registers,
    });
    this.summaries = new Counter({
      name: 'parley_message_receipt_summaries_total',
      help: 'Summaries of receipts in large groups.',
      registers,
    });
    this.typing = new Counter({
      name: 'parley_message_typing_total',
      help: 'Typing by what became of it: told, late, ignored (no member, or too many of them), dropped.',
      labelNames: ['outcome'],
      registers,
    });
    this.unread = new Counter({
      name: 'parley_message_signals_unread_total',
      help: 'Signals that this version cannot read (dead letters) or does not know.',
      labelNames: ['reason'],
      registers,
    });
    this.publishSeconds = new Histogram({
      name: 'parley_message_signal_publish_seconds',
      help: 'Time until deliveries of receipts and typing were confirmed.',
      buckets: seconds,
      registers,
    });
    this.publishSize = new Histogram({
      name: 'parley_message_signal_publish_records',
      help: 'Deliveries of receipts and typing in one publish.',
      buckets: counts,
      registers,
    });
    this.givenUp = new Counter({
      name: 'parley_message_undeliverable_signals_total',
      help: 'Deliveries of receipts and typing given up because the process that they were meant for has ended.',
      registers,
    });
  }

  /** @param marks those that moved and those that did not */
  stored(marks: number, moved: number, refused: number, milliseconds: number): void {
    this.marks.inc({ outcome: 'moved' }, moved);
    this.marks.inc({ outcome: 'unmoved' }, marks - moved);
    this.marks.inc({ outcome: 'refused' }, refused);
    this.storeSeconds.observe(milliseconds / 1000);
  }
}
