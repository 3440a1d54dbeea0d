import { type Entry } from '../entries.js';
import { type Change, type ConversationIndex, type IndexedHistory } from '../indexed.js';
import { type Report, type Rule } from '../report.js';

interface Placed {
  readonly seq: number;
  readonly invoke: Entry;
  readonly done: Entry | undefined;
}

/**
 * A message that was done before another was begun stands before it. Walks from the last seq down and carries the
 * earliest end among the messages behind: one pass finds a violation for every message that has one.
 */
const checkOrder = (placed: Placed[], rule: Rule, explanation: string, report: Report): void => {
  placed.sort((left, right) => right.seq - left.seq);
  let earliest: Entry | undefined;
  for (const { invoke, done } of placed) {
    if (earliest && earliest.at < invoke.at) report.add(rule, explanation, earliest, invoke);
    if (done && (!earliest || done.at < earliest.at)) earliest = done;
  }
};

const seqOf = (conversation: ConversationIndex, change: Change): number | undefined => {
  const row = conversation.rowById.get(change.id);
  return row?.senderId === change.user ? row.seq : undefined;
};

const checkConversation = (conversation: ConversationIndex, report: Report): void => {
  const all: Placed[] = [];
  const own = new Map<string, Placed[]>();
  for (const changes of conversation.sends.values()) {
    for (const change of changes) {
      const seq = seqOf(conversation, change);
      if (seq === undefined) continue;
      all.push({ seq, invoke: change.firstInvoke, done: conversation.committedAt.get(change.id) });
      const sender = `${change.user}/${change.device}`;
      const mine = own.get(sender) ?? [];
      mine.push({ seq, invoke: change.firstInvoke, done: change.ok });
      own.set(sender, mine);
    }
  }
  checkOrder(
    all,
    'real-time-order',
    'sent after the other was known to be stored, but placed before it',
    report,
  );
  for (const mine of own.values()) {
    checkOrder(
      mine,
      'own-order',
      'the same device sent it after the ack of the other, but it stands before',
      report,
    );
  }
};

/** Acks order messages in real time; a device that waits for its acks keeps its own order. */
export const checkRealTimeOrder = (indexed: IndexedHistory, report: Report): void => {
  for (const conversation of indexed.conversations.values()) checkConversation(conversation, report);
};
