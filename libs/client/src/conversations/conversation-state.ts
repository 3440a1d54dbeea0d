import {
  type Conversation,
  type ConversationEventName,
  type ConversationEvents,
  type limits,
  type Member,
  type Message,
  type SyncedConversation,
} from '@parley/contracts';
import { UnreadBelow } from './unread-below.js';

/** An event of a conversation with its name: what the wire delivers. */
export type ConversationEvent = {
  [Name in ConversationEventName]: { readonly name: Name; readonly body: ConversationEvents[Name] };
}[ConversationEventName];

const names: ReadonlySet<string> = new Set<string>([
  'message.created',
  'message.edited',
  'message.deleted',
  'reaction.changed',
  'conversation.created',
  'conversation.updated',
  'member.joined',
  'member.updated',
  'member.left',
]);

export const isConversationEvent = (event: { name: string; body: unknown }): event is ConversationEvent =>
  names.has(event.name);

/** What became different for the person who looks at the conversation. */
export type Change =
  | { readonly kind: 'message'; readonly how: 'new' | 'changed'; readonly message: Message }
  | { readonly kind: 'conversation'; readonly conversation: Conversation }
  | { readonly kind: 'members'; readonly members: readonly Member[] }
  /** Messages below `floorSeq` are not held any more; older history is paged on demand. */
  | { readonly kind: 'forgotten'; readonly floorSeq: number }
  | { readonly kind: 'left'; readonly leftVersion: number };

/** The server's limit by value, as it is much smaller than the table of limits: the type holds them equal. */
const SMALL_GROUP: (typeof limits)['receiptGroupMembers']['max'] = 100;

/** As many as the server counts; more are "100 or more". */
const UNREAD_MAX = 100;

/** So many of the newest messages stay when there are twice as many: a client may live for months. */
const KEPT = 1_000;

const ownMembership = (event: ConversationEvent, userId: string): Member | undefined =>
  'members' in event.body ? event.body.members.find((member) => member.userId === userId) : undefined;

/**
 * One conversation as this device holds it. Live events, acks and syncs may come in any order, twice or never;
 * versions are applied one after the other, and what the server says last wins.
 */
export class ConversationState {
  /** The last version of which everything up to it is applied: the cursor for a sync. */
  version = 0;
  floorSeq = 1;
  conversation: Conversation | null = null;
  leftVersion: number | null = null;
  /** The highest number that is held. */
  lastSeq = 0;
  /** Counts how often this device began anew below `floorSeq`: a page that was asked for before that is worth nothing. */
  era = 0;
  readonly messages = new Map<number, Message>();
  readonly members = new Map<string, Member>();
  /** A large group: not all members are held. */
  membersPaged = false;
  /** Newer rows of messages below `floorSeq`: a page of history that is on its way may hold older ones. */
  private readonly below = new Map<number, Message>();
  private readonly unreadBelow = new UnreadBelow();
  /** From so many messages on, older ones are let go; whoever pages them in gets to see them for longer. */
  private most: number;
  /** Events behind a hole. */
  private readonly waiting = new Map<number, ConversationEvent>();
  /** The last leaving that is known: what tells of it again, or of an earlier one, is old news. */
  private lastLeft = 0;
  /** True once a sync has said where this device begins; before that no live event can be put in place. */
  private begun = false;

  /** @param readSeq how far one has read, on any device */
  constructor(
    readonly id: string,
    private readonly userId: string,
    private readonly readSeq: () => number = () => 0,
    private readonly kept = KEPT,
  ) {
    this.most = 2 * kept;
  }

  /** True when something is missing that only a sync can bring. */
  get incomplete(): boolean {
    return this.leftVersion === null && (!this.begun || this.waiting.size > 0 || this.uncounted);
  }

  /** Only a sync from the beginning tells how much is unread. */
  get uncounted(): boolean {
    return this.unreadBelow.isOutdated(this.readSeq(), this.floorSeq);
  }

  /** Messages of others that are not read, up to 100: those that are held, and what the server counted below. */
  get unreadCount(): number {
    const readSeq = this.readSeq();
    let count = this.unreadBelow.behind(readSeq, this.floorSeq);
    for (const row of this.messages.values()) if (this.isUnread(row, readSeq)) count += 1;
    return Math.min(count, UNREAD_MAX);
  }

  /** Null in a large group: not all are held, or marks of theirs are not told but counted. */
  get allMembers(): readonly Member[] | null {
    const all = [...this.members.values()];
    const present = all.filter(({ leftVersion }) => leftVersion === null).length;
    return this.membersPaged || present > SMALL_GROUP ? null : all;
  }

  get known(): boolean {
    return this.begun;
  }

  /** One's own messages that are stored, but behind a hole: they have their number, and only wait for what is between. */
  get ownAhead(): readonly Message[] {
    return [...this.waiting.values()].flatMap(({ name, body }) =>
      name === 'message.created' && body.message?.senderId === this.userId ? [body.message] : [],
    );
  }

  event(event: ConversationEvent): Change[] {
    const { version } = event.body;
    // From before one left: old news, whether one is back or not.
    if (version <= this.lastLeft) return [];
    if (this.leftVersion !== null) this.begin();
    if (event.name === 'member.left' && this.isOwnLeaving(event)) return this.leave(version);
    if (version <= this.version) return this.lateRow(event);
    if (!this.begun || version > this.version + 1) {
      this.waiting.set(version, event);
      return [];
    }
    const changes = this.apply(event);
    this.drain(changes);
    this.letGo(changes);
    return changes;
  }

  /** The row in an ack: the sending session gets no `message.created` for it. */
  acknowledged(message: Message, how: 'created' | 'changed'): Change[] {
    const version = how === 'created' ? message.createdVersion : message.version;
    const body = { conversationId: this.id, version, message };
    return this.event({ name: how === 'created' ? 'message.created' : 'message.edited', body });
  }

  synced(answer: SyncedConversation): Change[] {
    if (answer.left) return this.leave(answer.leftVersion ?? answer.toVersion);
    if (answer.toVersion <= this.lastLeft) return [];
    if (this.leftVersion !== null) this.begin();
    this.begun = true;
    const changes: Change[] = [];
    if (answer.limited) this.forgetBelow(answer.floorSeq ?? 1, answer.toVersion, changes);
    if (answer.conversation) this.takeConversation(answer.conversation, changes);
    // Members carry no version of their own: those of an answer that events have overtaken would undo newer ones.
    const overtaken = answer.toVersion < this.version;
    if ('membersPaged' in answer) this.membersPaged = true;
    else if (!overtaken && answer.members.length > 0) {
      // Where any is told, all are: who is missing has left.
      this.members.clear();
      this.membersPaged = false;
      this.takeMembers(answer.members, changes);
    }
    for (const message of answer.messages) this.takeMessage(message, changes);
    this.version = Math.max(this.version, answer.toVersion);
    if (answer.limited) this.countBelow(answer);
    this.drain(changes);
    this.letGo(changes);
    return changes;
  }

  /**
   * A page of older history, fetched on demand; it is held from now on if it joins what is held.
   * @param era as it was when the page was asked for
   */
  hold(page: readonly Message[], era = this.era): void {
    if (era !== this.era) return;
    for (const message of [...page].sort((left, right) => right.seq - left.seq)) {
      if (message.seq !== this.floorSeq - 1) continue;
      const newer = this.below.get(message.seq);
      this.below.delete(message.seq);
      // The count knows of deletions up to the cursor, and of those that are held.
      const isCounted = message.deletedAt === null || message.version > this.version;
      if (isCounted && newer?.deletedAt == null) this.changeUnreadBelow(message, -1);
      this.messages.set(message.seq, newer && newer.version > message.version ? newer : message);
      this.lastSeq = Math.max(this.lastSeq, message.seq);
      this.floorSeq = message.seq;
    }
    this.most = Math.max(this.most, this.messages.size + this.kept);
  }

  /** The server began a new history: nothing that is held counts. */
  reset(): Change[] {
    this.clear();
    this.begin();
    this.lastLeft = 0;
    return [{ kind: 'forgotten', floorSeq: Number.MAX_SAFE_INTEGER }];
  }

  private isOwnLeaving(event: ConversationEvent): boolean {
    const own = ownMembership(event, this.userId);
    return event.body.version > this.version && own !== undefined && own.leftVersion !== null;
  }

  private leave(leftVersion: number): Change[] {
    if (leftVersion <= this.lastLeft) return [];
    this.lastLeft = leftVersion;
    this.leftVersion = leftVersion;
    this.clear();
    return [{ kind: 'left', leftVersion }];
  }

  private clear(): void {
    this.messages.clear();
    this.members.clear();
    this.waiting.clear();
    this.below.clear();
    this.unreadBelow.counted(0, 0);
    this.conversation = null;
    this.lastSeq = 0;
    this.era += 1;
  }

  /** Came back: nothing of the time before counts. */
  private begin(): void {
    this.leftVersion = null;
    this.version = 0;
    this.floorSeq = 1;
    this.begun = false;
  }

  private drain(changes: Change[]): void {
    for (const version of [...this.waiting.keys()].sort((left, right) => left - right)) {
      const event = this.waiting.get(version);
      if (!event || version > this.version + 1) return;
      this.waiting.delete(version);
      if (version <= this.version) changes.push(...this.lateRow(event));
      else changes.push(...this.apply(event));
    }
  }

  private apply(event: ConversationEvent): Change[] {
    const changes: Change[] = [];
    const { body } = event;
    if ('conversation' in body) this.takeConversation(body.conversation, changes);
    if ('members' in body) this.takeMembers(body.members, changes);
    if ('message' in body && body.message) this.takeMessage(body.message, changes);
    this.version = body.version;
    return changes;
  }

  /** An event that was seen already may still carry a newer row of a message that is held. */
  private lateRow(event: ConversationEvent): Change[] {
    const changes: Change[] = [];
    if (!('message' in event.body) || !event.body.message) return changes;
    const { seq } = event.body.message;
    if (seq < this.floorSeq || this.messages.has(seq)) this.takeMessage(event.body.message, changes);
    return changes;
  }

  private takeMessage(message: Message, changes: Change[]): void {
    const below = message.seq < this.floorSeq;
    const rows = below ? this.below : this.messages;
    const held = rows.get(message.seq);
    if (held && held.version >= message.version) return;
    rows.set(message.seq, message);
    if (below) {
      const isDeletion = message.deletedAt !== null && held?.deletedAt == null;
      if (isDeletion && message.version > this.version) this.changeUnreadBelow(message, -1);
      return;
    }
    this.lastSeq = Math.max(this.lastSeq, message.seq);
    changes.push({ kind: 'message', how: held ? 'changed' : 'new', message });
  }

  private takeConversation(conversation: Conversation, changes: Change[]): void {
    if (this.conversation && this.conversation.version > conversation.version) return;
    this.conversation = conversation;
    changes.push({ kind: 'conversation', conversation });
  }

  private takeMembers(members: readonly Member[], changes: Change[]): void {
    for (const member of members) this.members.set(member.userId, member);
    changes.push({ kind: 'members', members });
  }

  private forgetBelow(floorSeq: number, toVersion: number, changes: Change[]): void {
    this.era += 1;
    const isRaised = floorSeq > this.floorSeq;
    for (const [seq, row] of isRaised ? this.messages : []) {
      if (seq >= floorSeq) continue;
      this.messages.delete(seq);
      this.below.set(seq, row);
    }
    // What is newer than the answer is not in what it counts.
    for (const [seq, { version }] of this.below) if (version <= toVersion) this.below.delete(seq);
    if (!isRaised) return;
    this.floorSeq = floorSeq;
    if (this.lastSeq < floorSeq) this.lastSeq = 0;
    changes.push({ kind: 'forgotten', floorSeq });
  }

  /** The rows of the answer are held by now. */
  private countBelow(answer: SyncedConversation): void {
    const { messages, toVersion, floorSeq = 1, readSeq = this.readSeq() } = answer;
    // An answer that others have overtaken knows less than they.
    if (toVersion < this.version && floorSeq < this.floorSeq) return;
    const unread = messages.filter((row) => this.isUnread(row, readSeq));
    const inPage = unread.filter(({ seq }) => seq >= this.floorSeq).length;
    // Where it is not told, there is nothing below the page.
    const { unreadCount = unread.length } = answer;
    const isCapped = unreadCount >= UNREAD_MAX && answer.unreadCount !== undefined;
    this.unreadBelow.counted(isCapped ? Infinity : unreadCount - inPage, readSeq, this.readSeq());
    for (const row of this.below.values()) {
      if (row.version > toVersion && row.deletedAt !== null) this.changeUnreadBelow(row, -1);
    }
  }

  /** The oldest, which are paged again on demand; and what is known of rows that are not held. */
  private letGo(changes: Change[]): void {
    if (this.below.size > this.most) this.forgetBelow(this.floorSeq, this.version, changes);
    if (this.messages.size < this.most) return;
    const readSeq = this.readSeq();
    if (readSeq >= this.floorSeq - 1) this.unreadBelow.counted(0, readSeq);
    const floorSeq = this.lastSeq - this.kept + 1;
    for (const row of this.messages.values()) {
      if (row.seq < floorSeq && row.deletedAt === null) this.changeUnreadBelow(row, 1);
    }
    this.forgetBelow(floorSeq, this.version, changes);
    this.most = 2 * this.kept;
  }

  private changeUnreadBelow({ seq, senderId }: Message, by: 1 | -1): void {
    if (senderId !== this.userId) this.unreadBelow.change(seq, by);
  }

  private isUnread({ seq, senderId, deletedAt }: Message, readSeq: number): boolean {
    return seq > readSeq && senderId !== this.userId && deletedAt === null;
  }
}
