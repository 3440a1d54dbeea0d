import { type History } from './entries.js';
import { indexHistory, type IndexedHistory } from './indexed.js';
import { Report, type Rule, type Violation } from './report.js';
import { checkAnswers } from './rules/acknowledged.js';
import { checkMarks } from './rules/marks.js';
import { checkMembership } from './rules/membership.js';
import { checkRealTimeOrder } from './rules/order.js';
import { checkReads } from './rules/reads.js';
import { checkScreens } from './rules/shown.js';
import { checkSightings } from './rules/sightings.js';
import { checkStored } from './rules/stored.js';

/** How much was looked at: a run without violations proves nothing if it saw nothing. */
export interface Checked {
  readonly conversations: number;
  readonly sends: number;
  readonly acked: number;
  readonly refused: number;
  readonly unknown: number;
  readonly revisions: number;
  readonly deliveries: number;
  readonly shown: number;
  /** Marks that clients were told, and unread counts that were compared. */
  readonly marks: number;
  readonly unreadCounts: number;
  readonly storedMessages: number;
  readonly reads: number;
  readonly rowsRead: number;
}

export interface Verdict {
  readonly checked: Checked;
  /** The first of each rule; `counts` has how many there were. */
  readonly violations: readonly Violation[];
  readonly counts: Readonly<Partial<Record<Rule, number>>>;
}

const rules = [
  checkAnswers,
  checkStored,
  checkSightings,
  checkReads,
  checkRealTimeOrder,
  checkMembership,
  checkScreens,
  checkMarks,
];

const countSends = (indexed: IndexedHistory) => {
  const counts = { sends: 0, acked: 0, refused: 0, unknown: 0, revisions: 0 };
  for (const conversation of indexed.conversations.values()) {
    for (const change of [...conversation.sends.values()].flat()) {
      counts.sends += 1;
      if (change.ok) counts.acked += 1;
      else if (change.unknown || change.open > 0) counts.unknown += 1;
      else counts.refused += 1;
    }
    for (const changes of conversation.revisions.values()) counts.revisions += changes.length;
  }
  return counts;
};

const count = (indexed: IndexedHistory): Checked => {
  const { entries, reads, dump } = indexed.history;
  let deliveries = 0;
  let shown = 0;
  let marks = 0;
  for (const entry of entries) {
    if (entry.kind === 'delivery') deliveries += 1;
    else if (entry.kind === 'shown') shown += 1;
    else if (entry.kind === 'mark') marks += 1;
  }
  let rowsRead = 0;
  let unreadCounts = 0;
  for (const read of reads) {
    for (const { messages, unreadCount } of read.conversations) {
      rowsRead += messages.length;
      if (unreadCount !== undefined) unreadCounts += 1;
    }
  }
  return {
    conversations: indexed.conversations.size,
    ...countSends(indexed),
    deliveries,
    shown,
    marks,
    unreadCounts,
    storedMessages: dump.messages.length,
    reads: reads.length,
    rowsRead,
  };
};

/**
 * Compares what every client asked, was answered and saw with what fresh devices read and the database holds.
 * Entries of one device must be in the order in which they happened.
 */
export const checkHistory = (history: History): Verdict => {
  const indexed = indexHistory(history);
  const report = new Report();
  const checked = count(indexed);
  for (const rule of rules) rule(indexed, report);
  return { checked, violations: report.violations, counts: Object.fromEntries(report.counts) };
};
