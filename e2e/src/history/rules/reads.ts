import { type FinalRead, type ReadConversation, type StoredMessage } from '../entries.js';
import { type ConversationIndex, type IndexedHistory, sameRow } from '../indexed.js';
import { type Report } from '../report.js';

/** The stretch of membership that is still open, if any. */
const currentMembership = (conversation: ConversationIndex, user: string) =>
  conversation.memberships.get(user)?.find((membership) => membership.leftVersion === null);

const describe = (read: FinalRead): string => `${read.kind} device ${read.device} of ${read.user}`;

/** A held row that the walk over the stored ones did not expect: another place, or nothing stored at all. */
const missing = (
  conversation: ConversationIndex,
  row: StoredMessage,
  read: FinalRead,
  report: Report,
): void => {
  const acked = conversation.sends.get(row.id)?.some((change) => change.ok);
  const explanation = `the ${describe(read)} lacks seq ${row.seq} (${row.id})`;
  report.add(acked ? 'acked-lost' : 'gapless', explanation, row);
};

/** One gapless order from the first visible message to the last, equal to the stored rows. */
const checkHeld = (
  conversation: ConversationIndex,
  held: ReadConversation,
  firstSeq: number,
  read: FinalRead,
  report: Report,
): void => {
  const lastSeq = conversation.stored?.lastSeq ?? 0;
  let expected = firstSeq;
  let lastHeld = 0;
  for (const row of held.messages) {
    if (row.seq <= lastHeld) {
      report.add('gapless', `the ${describe(read)} has seq ${row.seq} twice or out of order`, row);
      continue;
    }
    lastHeld = row.seq;
    for (; expected < row.seq && expected <= lastSeq; expected += 1) {
      const stored = conversation.rowBySeq.get(expected);
      if (stored) missing(conversation, stored, read, report);
    }
    expected = Math.max(expected, row.seq + 1);
    const stored = conversation.rowBySeq.get(row.seq);
    if (!stored) {
      report.add('invented', `the ${describe(read)} holds seq ${row.seq}, which is not stored`, row);
    } else if (!sameRow(row, stored)) {
      report.add('rows-differ', `the ${describe(read)} holds another row at seq ${row.seq}`, row, stored);
    }
  }
  for (; expected <= lastSeq; expected += 1) {
    const stored = conversation.rowBySeq.get(expected);
    if (stored) missing(conversation, stored, read, report);
  }
};

const checkRead = (indexed: IndexedHistory, read: FinalRead, report: Report): void => {
  const held = new Map(read.conversations.map((conversation) => [conversation.conversationId, conversation]));
  for (const conversation of indexed.conversations.values()) {
    const membership = currentMembership(conversation, read.user);
    const mine = held.get(conversation.id);
    if (!membership) continue;
    if (!mine) {
      report.add('gapless', `the ${describe(read)} does not know ${conversation.id}`, membership);
      continue;
    }
    if (read.kind === 'fresh' && mine.floorSeq > Math.max(1, membership.visibleFromSeq)) {
      report.add('gapless', `the ${describe(read)} did not read down to the first message`, membership);
    }
    checkHeld(conversation, mine, Math.max(1, membership.visibleFromSeq, mine.floorSeq), read, report);
  }
};

/** Every device agrees with the database, and so with every other device. */
export const checkReads = (indexed: IndexedHistory, report: Report): void => {
  for (const read of indexed.history.reads) checkRead(indexed, read, report);
};
