export type Rule =
  | 'acked-lost'
  | 'ack-differs'
  | 'id-seq'
  | 'gapless'
  | 'rows-differ'
  | 'invented'
  | 'real-time-order'
  | 'own-order'
  | 'failed-appears'
  | 'after-leaving'
  | 'hidden-history'
  | 'shown-once'
  | 'shown-order'
  | 'marks-rise'
  | 'marks-differ'
  | 'read-lost'
  | 'unread-count';

export interface Violation {
  readonly rule: Rule;
  readonly explanation: string;
  /** The entries and rows that show it. */
  readonly evidence: readonly unknown[];
}

/** A broken run breaks one rule thousands of times; the first few tell the story. */
const KEPT_PER_RULE = 20;

/** Collects violations, and counts those it does not keep. */
export class Report {
  readonly violations: Violation[] = [];
  readonly counts = new Map<Rule, number>();

  add(rule: Rule, explanation: string, ...evidence: unknown[]): void {
    const count = (this.counts.get(rule) ?? 0) + 1;
    this.counts.set(rule, count);
    if (count <= KEPT_PER_RULE) this.violations.push({ rule, explanation, evidence });
  }
}
