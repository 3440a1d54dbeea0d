import {
  type Delivered,
  type FinalRead,
  type Left,
  type MembershipEnded,
  type Row,
  type StoredMembership,
} from '../entries.js';
import { addTo, type ConversationIndex, type IndexedHistory } from '../indexed.js';
import { type Report } from '../report.js';

type Stretches = Map<string, StoredMembership[]>;

/** Where only the person themselves learned of the end, nobody knows when that stretch began. */
const addEnded = (stretches: Stretches, entry: Left | MembershipEnded): void => {
  const { conversationId, leftVersion } = entry;
  const told = entry.kind === 'membership-ended';
  const userId = told ? entry.subject : entry.user;
  const known = stretches.get(userId)?.find((stretch) => stretch.leftVersion === leftVersion);
  if (known) return;
  const { joinedVersion, visibleFromSeq } = told ? entry : { joinedVersion: 0, visibleFromSeq: 1 };
  addTo(stretches, userId, { conversationId, userId, joinedVersion, leftVersion, visibleFromSeq });
};

/** Adds the stretches that the database no longer knows, because their person came back: only the end was seen. */
const withEarlierStretches = (indexed: IndexedHistory): Map<ConversationIndex, Stretches> => {
  const all = new Map<ConversationIndex, Stretches>();
  for (const conversation of indexed.conversations.values()) {
    all.set(
      conversation,
      new Map([...conversation.memberships].map(([user, stretches]) => [user, [...stretches]])),
    );
  }
  for (const entry of indexed.history.entries) {
    if (entry.kind !== 'left' && entry.kind !== 'membership-ended') continue;
    const stretches = all.get(indexed.conversation(entry.conversationId));
    if (stretches) addEnded(stretches, entry);
  }
  return all;
};

const NONE: StoredMembership[] = [];

class Audience {
  private readonly stretchesOf: Map<ConversationIndex, Stretches>;

  constructor(
    private readonly indexed: IndexedHistory,
    private readonly report: Report,
  ) {
    this.stretchesOf = withEarlierStretches(indexed);
  }

  private stretches(conversation: ConversationIndex, user: string): StoredMembership[] {
    return this.stretchesOf.get(conversation)?.get(user) ?? NONE;
  }

  /** A live event goes to those who are members at its version. */
  delivered(entry: Delivered, message: Row): void {
    const conversation = this.indexed.conversation(entry.conversationId);
    const stretches = this.stretches(conversation, entry.user).filter(
      ({ joinedVersion, leftVersion }) =>
        joinedVersion <= entry.version && (leftVersion === null || entry.version <= leftVersion),
    );
    if (stretches.length === 0) {
      const explanation = `${entry.user} got version ${entry.version} without being a member then`;
      this.report.add('after-leaving', explanation, entry, conversation.memberships.get(entry.user));
    } else if (!stretches.some(({ visibleFromSeq }) => visibleFromSeq <= message.seq)) {
      this.report.add(
        'hidden-history',
        `${entry.user} got seq ${message.seq}, from before the joining`,
        entry,
      );
    }
  }

  /** What a device shows or holds may be older than its person's joining, where the group allows that. */
  held(conversationId: string, user: string, row: Row, evidence: unknown): void {
    const conversation = this.indexed.conversation(conversationId);
    const stretches = this.stretches(conversation, user);
    const then = stretches.filter(({ leftVersion }) => leftVersion === null || row.version <= leftVersion);
    if (then.length === 0) {
      const explanation = `${user} has version ${row.version} of ${row.id}, made after leaving`;
      this.report.add('after-leaving', explanation, evidence, stretches);
    } else if (!then.some(({ visibleFromSeq }) => visibleFromSeq <= row.seq)) {
      this.report.add(
        'hidden-history',
        `${user} has seq ${row.seq}, from before the joining`,
        evidence,
        then,
      );
    }
  }

  read(read: FinalRead): void {
    for (const { conversationId, messages } of read.conversations) {
      for (const row of messages) this.held(conversationId, read.user, row, row);
    }
  }
}

/** Nobody gets a message or an edit made after they left, or history that is not for them. */
export const checkMembership = (indexed: IndexedHistory, report: Report): void => {
  const audience = new Audience(indexed, report);
  for (const entry of indexed.history.entries) {
    if (entry.kind === 'delivery' && entry.message) audience.delivered(entry, entry.message);
    if (entry.kind === 'shown') audience.held(entry.conversationId, entry.user, entry.message, entry);
  }
  for (const read of indexed.history.reads) audience.read(read);
};
