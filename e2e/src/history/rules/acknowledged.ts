import {
  type Change,
  changesText,
  type ConversationIndex,
  failedForGood,
  type IndexedHistory,
} from '../indexed.js';
import { type Report } from '../report.js';

/** An ack is for ever: the row is there, at the acked place, with at least the acked version. */
const checkSend = (conversation: ConversationIndex, change: Change, report: Report): void => {
  const { ok } = change;
  if (!ok) return;
  const row = conversation.rowById.get(change.id);
  if (!row || row.senderId !== change.user) {
    report.add('acked-lost', `message ${change.id} was acked as seq ${ok.seq} but is not stored`, ok, row);
    return;
  }
  for (const answer of [ok, ...change.otherOks]) {
    if (answer.seq !== row.seq || answer.version < row.createdVersion || answer.version > row.version) {
      report.add('ack-differs', `the ack of ${change.id} names another place than its row`, answer, row);
    }
  }
};

const checkRevision = (conversation: ConversationIndex, change: Change, report: Report): void => {
  const { ok } = change;
  if (!ok) return;
  const row = conversation.rowById.get(change.id);
  if (!row || row.version < ok.version) {
    report.add('acked-lost', `the acked ${change.operation} of ${change.id} is not stored`, ok, row);
    return;
  }
  for (const answer of [ok, ...change.otherOks]) {
    if (answer.seq !== row.seq) {
      report.add('ack-differs', `the ack of an ${change.operation} names another seq`, answer, row);
    }
  }
  // Asked again, it is answered with the row as it is by then, which may say what a later edit brought.
  const askedOnce = !change.unknown && change.open === 0 && change.otherOks.length === 0;
  if (askedOnce && changesText(change) && row.version === ok.version && row.text !== change.text) {
    report.add('rows-differ', `${change.id} does not carry the text of its last acked edit`, ok, row);
  }
};

const checkFailure = (conversation: ConversationIndex, change: Change, report: Report): void => {
  if (change.ok && change.storedRefusal) {
    report.add('ack-differs', `${change.id} was both acked and refused`, change.ok, change.storedRefusal);
  }
  if (change.operation !== 'send' || !failedForGood(change)) return;
  const row = conversation.rowById.get(change.id);
  if (row && row.senderId === change.user) {
    report.add('failed-appears', `${change.id} was reported as failed, yet it is there`, change, row);
  }
};

/** A refused edit whose text no other change brought must not be what the row says. */
const checkFailedEdits = (conversation: ConversationIndex, changes: Change[], report: Report): void => {
  for (const failed of changes) {
    if (failed.text === null || !failedForGood(failed)) continue;
    const row = conversation.rowById.get(failed.id);
    if (row?.text !== failed.text) continue;
    const sends = conversation.sends.get(failed.id) ?? [];
    const others = [...sends, ...changes].filter((other) => other !== failed && other.text === failed.text);
    if (others.length === 0) {
      report.add('failed-appears', `a refused edit of ${failed.id} happened`, failed.lastRefusal, row);
    }
  }
};

/** Nothing acked is lost, nothing reported as failed appears. */
export const checkAnswers = (indexed: IndexedHistory, report: Report): void => {
  for (const conversation of indexed.conversations.values()) {
    for (const changes of conversation.sends.values()) {
      for (const change of changes) {
        checkSend(conversation, change, report);
        checkFailure(conversation, change, report);
      }
    }
    for (const changes of conversation.revisions.values()) {
      for (const change of changes) {
        checkRevision(conversation, change, report);
        checkFailure(conversation, change, report);
      }
      checkFailedEdits(conversation, changes, report);
    }
  }
};
