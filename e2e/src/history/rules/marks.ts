import { type FinalRead, type MarkPair, type ReadConversation } from '../entries.js';
import { type ConversationIndex, type IndexedHistory } from '../indexed.js';
import { type Report } from '../report.js';

/** As many as are counted. */
const UNREAD_MAX = 100;

const none: MarkPair = { deliveredSeq: 0, readSeq: 0 };

const visibleFrom = (conversation: ConversationIndex, user: string): number | undefined =>
  conversation.memberships.get(user)?.find(({ leftVersion }) => leftVersion === null)?.visibleFromSeq;

/** What a person has received and read in the end: as stored, and all up to the last message of their own. */
class Standings {
  private readonly ownSeqs = new Map<ConversationIndex, Map<string, number>>();

  of(conversation: ConversationIndex, user: string): MarkPair {
    const stored = conversation.marks.get(user) ?? none;
    const ownSeq = this.lastOwnSeqs(conversation).get(user) ?? 0;
    const isVisible = ownSeq >= (visibleFrom(conversation, user) ?? 1);
    const own = isVisible ? ownSeq : 0;
    return {
      deliveredSeq: Math.max(stored.deliveredSeq, own),
      readSeq: Math.max(stored.readSeq, own),
    };
  }

  private lastOwnSeqs(conversation: ConversationIndex): Map<string, number> {
    const known = this.ownSeqs.get(conversation);
    if (known) return known;
    const last = new Map<string, number>();
    for (const { senderId, seq } of conversation.rows) {
      last.set(senderId, Math.max(seq, last.get(senderId) ?? 0));
    }
    this.ownSeqs.set(conversation, last);
    return last;
  }
}

const checkStoredMarks = (conversation: ConversationIndex, report: Report): void => {
  const lastSeq = conversation.stored?.lastSeq ?? 0;
  for (const [user, mark] of conversation.marks) {
    if (mark.readSeq > mark.deliveredSeq || mark.deliveredSeq > lastSeq) {
      report.add('marks-differ', `the stored marks of ${user} are beyond what there is`, mark, lastSeq);
    }
  }
};

/** Whose membership ended at some time: what they marked then may count for nothing. */
const leavers = (indexed: IndexedHistory): ReadonlySet<string> => {
  const all = new Set<string>();
  for (const entry of indexed.history.entries) {
    if (entry.kind === 'left') all.add(`${entry.conversationId}/${entry.user}`);
    if (entry.kind === 'membership-ended') all.add(`${entry.conversationId}/${entry.subject}`);
  }
  return all;
};

/** A mark that anybody was told is not taken back, and what was read somewhere stays read. */
const checkTold = (indexed: IndexedHistory, standings: Standings, report: Report): void => {
  const left = leavers(indexed);
  for (const entry of indexed.history.entries) {
    if (entry.kind !== 'mark' && entry.kind !== 'read') continue;
    const subject = entry.kind === 'mark' ? entry.subject : entry.user;
    const conversation = indexed.conversation(entry.conversationId);
    const isMember = visibleFrom(conversation, subject) !== undefined;
    if (!isMember || left.has(`${entry.conversationId}/${subject}`)) continue;
    const stands = standings.of(conversation, subject);
    if (entry.kind === 'read') {
      if (Math.min(entry.readSeq, conversation.stored?.lastSeq ?? 0) > stands.readSeq) {
        report.add('read-lost', `${subject} read up to ${entry.readSeq}, and it is forgotten`, entry, stands);
      }
    } else if (entry.readSeq > stands.readSeq || entry.deliveredSeq > stands.deliveredSeq) {
      report.add('marks-rise', `a mark of ${subject} was told that does not stand`, entry, stands);
    }
  }
};

const unreadOf = (conversation: ConversationIndex, user: string, from: number, readSeq: number): number => {
  const first = Math.max(from, readSeq + 1);
  const count = conversation.rows.filter(
    ({ seq, senderId, text }) => seq >= first && senderId !== user && text !== null,
  ).length;
  return Math.min(count, UNREAD_MAX);
};

const checkHeld = (
  conversation: ConversationIndex,
  held: ReadConversation,
  { user, device, kind }: FinalRead,
  standings: Standings,
  report: Report,
): void => {
  const from = visibleFrom(conversation, user);
  if (!held.marks || from === undefined) return;
  const stands = standings.of(conversation, user);
  if (held.marks.readSeq !== stands.readSeq || held.marks.deliveredSeq !== stands.deliveredSeq) {
    const explanation = `the ${kind} device ${device} of ${user} knows other marks of its own than are stored`;
    report.add('marks-differ', explanation, held.marks, stands);
  }
  const unread = unreadOf(conversation, user, from, stands.readSeq);
  if (held.unreadCount !== unread) {
    const explanation = `the ${kind} device ${device} of ${user} counts ${held.unreadCount} unread, not ${unread}`;
    report.add('unread-count', explanation, held.marks, stands);
  }
};

/** How far people have received and read: it only rises, is the same on every device, and says what is unread. */
export const checkMarks = (indexed: IndexedHistory, report: Report): void => {
  if (!indexed.history.dump.marks) return;
  const standings = new Standings();
  for (const conversation of indexed.conversations.values()) checkStoredMarks(conversation, report);
  checkTold(indexed, standings, report);
  for (const read of indexed.history.reads) {
    for (const held of read.conversations) {
      checkHeld(indexed.conversation(held.conversationId), held, read, standings, report);
    }
  }
};
