import { type Member, type Message, type SyncedConversation } from '@parley/contracts';
import { type ConversationEvent } from '../conversation-state.js';

const LIMIT = 5;
const conversationId = 'conversation';

/** One conversation as the server keeps it, with the events that it has told and answers to syncs. */
export class ModelServer {
  version = 1;
  leftVersion: number | null = null;
  joinedVersion = 1;
  visibleFromSeq = 1;
  /** Another member, who comes and goes. */
  guest: Member | null = null;
  /** How far `me` has read. */
  readSeq = 0;
  readonly messages: Message[] = [];
  readonly events: ConversationEvent[] = [];

  create(): Message {
    this.version += 1;
    const seq = this.messages.length + 1;
    const message = this.row(seq, this.version, `text ${seq}`);
    this.messages.push(message);
    this.tell('message.created', message);
    return message;
  }

  edit(pick: number): Message | undefined {
    const held = this.messages[pick % Math.max(1, this.messages.length)];
    if (!held || held.deletedAt !== null) return undefined;
    this.version += 1;
    const message = { ...held, version: this.version, text: `${held.text}, edited in ${this.version}` };
    this.messages[held.seq - 1] = message;
    this.tell('message.edited', message);
    return message;
  }

  react(pick: number): void {
    this.change(pick, 'reaction.changed', (message) => {
      const count = (message.reactions[0]?.count ?? 0) + 1;
      return { ...message, reactions: [{ emoji: '👍', count, userIds: [] }] };
    });
  }

  delete(pick: number): void {
    this.change(pick, 'message.deleted', (message) => ({
      ...message,
      text: '',
      reactions: [],
      deletedAt: '2026-01-02T00:00:00.000Z',
    }));
  }

  /** `me` leaves; what happens from then on is not told. */
  leave(): void {
    if (this.leftVersion !== null) return;
    this.version += 1;
    this.leftVersion = this.version;
    this.tellMembers('member.left', this.me);
  }

  /** `me` comes back, and sees what was written before, or not. */
  comeBack(history: boolean): void {
    if (this.leftVersion === null) return;
    this.version += 1;
    this.leftVersion = null;
    this.joinedVersion = this.version;
    this.visibleFromSeq = history ? 1 : this.messages.length + 1;
    this.tellMembers('member.joined', this.me);
  }

  /** Comes, or goes again. */
  guestMoves(): void {
    this.version += 1;
    const { version } = this;
    const isHere = this.guest?.leftVersion === null;
    const came = { userId: 'guest', role: 'member' as const, visibleFromSeq: 1, leftVersion: null };
    this.guest =
      this.guest && isHere ? { ...this.guest, leftVersion: version } : { ...came, joinedVersion: version };
    if (this.leftVersion === null) this.tellMembers(isHere ? 'member.left' : 'member.joined', this.guest);
  }

  /** Ids of those who are members now. */
  get memberIds(): string[] {
    return [this.me, this.guest].flatMap((each) => (each?.leftVersion === null ? [each.userId] : []));
  }

  get visible(): Message[] {
    return this.messages.filter(({ seq }) => seq >= this.visibleFromSeq);
  }

  /** On any device; a mark reaches as far as the last message. */
  read(seq: number): void {
    this.readSeq = Math.max(this.readSeq, Math.min(seq, this.messages.length));
  }

  /** A page of history, as it is now. */
  page(beforeSeq: number): Message[] {
    return this.leftVersion === null ? this.visible.filter(({ seq }) => seq < beforeSeq).slice(-LIMIT) : [];
  }

  private change(
    pick: number,
    name: 'reaction.changed' | 'message.deleted',
    changed: (message: Message) => Message,
  ): void {
    const held = this.messages[pick % Math.max(1, this.messages.length)];
    if (!held || held.deletedAt !== null) return;
    this.version += 1;
    const message = { ...changed(held), version: this.version };
    this.messages[held.seq - 1] = message;
    this.tell(name, message);
  }

  private get me(): Member {
    const { joinedVersion, leftVersion, visibleFromSeq } = this;
    return { userId: 'me', role: 'member', joinedVersion, leftVersion, visibleFromSeq };
  }

  private tellMembers(name: 'member.left' | 'member.joined', member: Member): void {
    this.events.push({ name, body: { conversationId, version: this.version, members: [member] } });
  }

  /** Where anybody changed since the cursor, all who are members, and those who left since a cursor that is one. */
  private membersSince(cursor: number): Member[] {
    const all = [this.me, ...(this.guest ? [this.guest] : [])];
    const changed = ({ joinedVersion, leftVersion }: Member) => (leftVersion ?? joinedVersion) > cursor;
    return all.some(changed)
      ? all.filter((each) => each.leftVersion === null || (cursor > 0 && changed(each)))
      : [];
  }

  /** A change that carries no message. */
  rename(): void {
    this.version += 1;
    const { version } = this;
    if (this.leftVersion !== null) return;
    this.events.push({
      name: 'conversation.updated',
      body: { conversationId, version, conversation: this.conversation() },
    });
  }

  /** As it was when there were so many messages, none of them edited: what came after never was. */
  restoreBackup(messages: number): void {
    this.messages.length = messages;
    this.version = 1 + messages;
  }

  /** The event again, with the row as it is now: what a replay after a crash sends. */
  replayed(event: ConversationEvent): ConversationEvent {
    if (event.name !== 'message.created' || !event.body.message) return event;
    const { seq } = event.body.message;
    if (this.leftVersion !== null || seq < this.visibleFromSeq) return event;
    const message = this.messages[seq - 1] ?? null;
    return { name: event.name, body: { ...event.body, message } };
  }

  sync(cursor: number): SyncedConversation {
    const { version: toVersion, leftVersion } = this;
    if (leftVersion !== null) {
      return { messages: [], members: [], toVersion: leftVersion, left: true, leftVersion };
    }
    const changed = this.visible.filter(({ version }) => version > cursor);
    const members = this.membersSince(cursor);
    const answer = { conversation: this.conversation(), members, toVersion };
    const cameBack = this.joinedVersion > 1 && cursor < this.joinedVersion;
    if (changed.length <= LIMIT && !cameBack) return { ...answer, messages: changed };
    const messages = this.visible.slice(-LIMIT);
    const floorSeq = messages[0]?.seq ?? this.visibleFromSeq;
    const { readSeq, unreadCount } = this;
    const unread = floorSeq > this.visibleFromSeq ? { readSeq, unreadCount } : {};
    return { ...answer, messages, limited: true, floorSeq, ...unread };
  }

  get unreadCount(): number {
    const isUnread = ({ seq, deletedAt }: Message) => seq > this.readSeq && deletedAt === null;
    return Math.min(100, this.visible.filter(isUnread).length);
  }

  private conversation() {
    const { version } = this;
    return {
      id: conversationId,
      kind: 'group' as const,
      name: `version ${version}`,
      historyForNewMembers: 'all' as const,
      version,
      lastSeq: this.messages.length,
      createdAt: '2026-01-01T00:00:00.000Z',
    };
  }

  private row(seq: number, version: number, text: string): Message {
    return {
      id: `message-${seq}`,
      conversationId,
      seq,
      version,
      createdVersion: version,
      senderId: 'somebody',
      text,
      attachments: [],
      replyTo: null,
      mentions: [],
      reactions: [],
      createdAt: '2026-01-01T00:00:00.000Z',
      editedAt: null,
      deletedAt: null,
    };
  }

  private tell(
    name: 'message.created' | 'message.edited' | 'message.deleted' | 'reaction.changed',
    row: Message,
  ): void {
    if (this.leftVersion !== null) return;
    const message = row.seq >= this.visibleFromSeq ? row : null;
    this.events.push({ name, body: { conversationId, version: this.version, message } });
  }
}
