import {
  type Conversation as ConversationRow,
  type Member,
  type Message,
  type MessageSend,
  type Receipt,
  type Page,
} from '@parley/contracts';
import { type Conversations } from '../api/conversations.js';
import { Emitter } from '../emitter.js';
import { mintId } from '../ids.js';
import { type Outbox } from '../outbox/outbox.js';
import { type Receipts } from '../receipts/receipts.js';
import { type Typing } from '../typing/typing.js';
import { type ConversationState } from './conversation-state.js';
import { type ConversationStates } from './conversation-states.js';
import { isReached, type Reached, shownEntry, type ShownMessage, shownRow } from './shown-message.js';

/** What a conversation is made of; all conversations of a client share it. */
export interface ConversationParts {
  readonly conversations: Conversations;
  readonly states: ConversationStates;
  readonly outbox: Outbox;
  readonly receipts: Receipts;
  readonly typing: Typing;
  /** Resolves when everything that is missing is here. */
  readonly sync: () => Promise<void>;
}

export interface ConversationEvents {
  /** Something to be drawn anew: messages, members, name, marks or who is typing. */
  updated: undefined;
  /** A stored message that is new here, or changed. */
  message: { readonly how: 'new' | 'changed'; readonly message: Message };
  /** One of one's own messages came to nothing; it is shown as `failed`, to be tried again or discarded. */
  failed: { readonly message: ShownMessage };
  typing: { readonly userId: string; readonly active: boolean };
  receipt: Receipt;
  /** One is no member any more; nothing is held of it from now on. */
  left: { readonly leftVersion: number };
}

export interface NewMessage {
  readonly text: string;
  /** The id of the message that this one answers. */
  readonly replyTo?: string;
  /** Ids of members. */
  readonly mentions?: readonly string[];
  /** A UUID, minted where absent: sent twice with the same one, it is one message. */
  readonly id?: string;
}

/** What fails is told where it is shown, so whoever does not wait for it need not catch it. */
const messageOf = (answer: Promise<{ message: Message }>): Promise<Message> => {
  const result = answer.then(({ message }) => message);
  result.catch(() => undefined);
  return result;
};

/** One conversation, as an application shows it and writes to it. It may be kept as long as the client lives. */
export class Conversation {
  private readonly emitter = new Emitter<ConversationEvents>();
  private shown: readonly ShownMessage[] | null = null;
  private reached: ReadonlyMap<string, Reached> = new Map();
  private readonly firstShown = new Map<string, string>();
  private readonly followers = new Set<object>();

  constructor(
    readonly id: string,
    private readonly parts: ConversationParts,
  ) {}

  readonly on = this.emitter.on.bind(this.emitter);
  readonly emit = this.emitter.emit.bind(this.emitter);

  /** What is held here, oldest first: what is stored by its number, then what is on its way, in the order of writing. */
  get messages(): readonly ShownMessage[] {
    return (this.shown ??= this.show());
  }

  /** Members that are known here. In groups of more than 100 that is not all: `fetchMembers` pages them. */
  get members(): readonly Member[] {
    return [...(this.state?.members.values() ?? [])].filter(({ leftVersion }) => leftVersion === null);
  }

  /** Name and kind; null before the first sync, and where one is no member. */
  get info(): ConversationRow | null {
    return this.state?.conversation ?? null;
  }

  /** One's own marks, on whichever device they were set. */
  get marks(): Receipt {
    return this.parts.receipts.own(this.id);
  }

  /** Messages of others that are not read, up to 100, whether they are held here or not. */
  get unreadCount(): number {
    return this.state?.unreadCount ?? 0;
  }

  /** Ids of the others who are writing right now. */
  get typists(): readonly string[] {
    return this.parts.typing.of(this.id);
  }

  /**
   * Shows the message as soon as the store keeps it, and sends it as soon as it can, over reconnects and restarts, behind
   * what was written before it. Resolves when it is stored by the server, with its number.
   * @throws RequestFailed when it is refused, StoreFailed when this device cannot keep it
   */
  send({ text, replyTo, mentions, id = mintId() }: NewMessage): Promise<Message> {
    const details = { ...(replyTo ? { replyTo } : {}), ...(mentions ? { mentions: [...mentions] } : {}) };
    const body: MessageSend = { conversationId: this.id, id, text, ...details };
    this.parts.typing.sent(this.id);
    return messageOf(this.parts.outbox.submit('message.send', body));
  }

  /** @throws RequestFailed */
  edit(id: string, text: string): Promise<Message> {
    const body = { conversationId: this.id, id, commandId: mintId(), text };
    return messageOf(this.parts.outbox.submit('message.edit', body));
  }

  /** Leaves a tombstone. @throws RequestFailed */
  delete(id: string): Promise<Message> {
    const body = { conversationId: this.id, id, commandId: mintId() };
    return messageOf(this.parts.outbox.submit('message.delete', body));
  }

  /** One's own reaction; setting what is set changes nothing. @throws RequestFailed */
  react(id: string, emoji: string, on = true): Promise<Message> {
    const body = { conversationId: this.id, id, commandId: mintId(), emoji, on };
    return messageOf(this.parts.outbox.submit('reaction.set', body));
  }

  /** Tries a failed message again. @throws RequestFailed */
  retry(id: string): Promise<Message> {
    return messageOf(this.parts.outbox.retry(id) as Promise<{ message: Message }>);
  }

  /** Takes a failed message away. */
  discard(id: string): void {
    this.parts.outbox.discard(id);
  }

  /** Everything up to this number was read, on all of one's devices; without one, everything that is held. */
  markRead(seq = this.state?.lastSeq ?? 0): void {
    this.parts.receipts.read(this.id, seq, this.state?.known ? this.state.lastSeq : null);
  }

  /** Call it with every key that is pressed; it ends by itself, by a message, or with `false`. */
  typing(active: boolean): void {
    this.parts.typing.set(this.id, active);
  }

  /**
   * Fetches the page before the oldest message that is held, and holds it too. Before the first sync it waits for that.
   * @returns whether there is more
   * @throws RequestFailed
   */
  async history({ limit }: { limit?: number } = {}): Promise<{ more: boolean }> {
    if (!this.state?.known) await this.parts.sync();
    const { state } = this;
    if (!state || state.floorSeq <= 1) return { more: false };
    const { era, floorSeq } = state;
    const range = { beforeSeq: floorSeq, ...(limit === undefined ? {} : { limit }) };
    const { items, nextCursor } = await this.parts.conversations.messages(this.id, range);
    state.hold(items, era);
    this.updated();
    return { more: nextCursor !== null && items.length > 0 };
  }

  fetchMembers(cursor?: string, limit?: number): Promise<Page<Member>> {
    return this.parts.conversations.members(this.id, cursor, limit);
  }

  /**
   * Asks how far the others have come, now and after each reconnect: for a conversation that is looked at.
   * @returns what ends it
   * @throws RequestFailed when it cannot be asked now: it is not followed then
   */
  async follow(): Promise<() => void> {
    const follower = {};
    const end = (): void => void this.followers.delete(follower);
    this.followers.add(follower);
    try {
      await this.fetchReceipts();
    } catch (error) {
      end();
      throw error;
    }
    return end;
  }

  /** For the client: the session may have missed something. */
  catchUp(): void {
    // Where it fails, live marks go on, and it is asked again.
    if (this.followers.size > 0) this.fetchReceipts().catch(() => undefined);
  }

  /** For the client: something of this conversation is different now. */
  updated(): void {
    this.shown = null;
    this.emitter.emit('updated', undefined);
  }

  private get state(): ConversationState | undefined {
    return this.parts.states.get(this.id);
  }

  private async fetchReceipts(): Promise<void> {
    const { conversations, receipts } = this.parts;
    const marks = receipts.of(this.id);
    // In a large group they are many, and what moves is counted by the server.
    if (this.state?.allMembers === null && marks.areAllKnown) return;
    let cursor: string | undefined;
    do {
      const page = await conversations.receipts(this.id, cursor, 100);
      for (const receipt of page.items) receipts.advance(this.id, receipt);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    marks.areAllKnown = true;
  }

  private show(): readonly ShownMessage[] {
    const { states, receipts, outbox } = this.parts;
    const held = [...(this.state?.messages.values() ?? []), ...(this.state?.ownAhead ?? [])];
    const rows = held.sort((left, right) => left.seq - right.seq);
    const marks = receipts.of(this.id);
    const members = this.state?.allMembers ?? null;
    const storedIds = new Set(rows.map(({ id }) => id));
    const entries = outbox
      .of(this.id)
      .filter(({ command, id }) => command === 'message.send' && !storedIds.has(id));
    if (entries.length === 0) this.firstShown.clear();
    const stored = rows.map((row) => shownRow(row, states.userId, marks, members, this.reached.get(row.id)));
    this.reached = new Map(stored.flatMap(({ id, state }) => (isReached(state) ? [[id, state]] : [])));
    return [...stored, ...entries.map((entry) => shownEntry(entry, states.userId, this.since(entry.id)))];
  }

  private since(id: string): string {
    const since = this.firstShown.get(id) ?? new Date().toISOString();
    this.firstShown.set(id, since);
    return since;
  }
}
