import { type Message, type SyncedConversation } from '@parley/contracts';
import { type ConversationEvent } from '../conversation-state.js';

const LIMIT = 5;
const conversationId = 'conversation';

/** One conversation as the server keeps it, with the events that it has told and answers to syncs. */
export class ModelServer {
  version = 1;
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
    if (!held) return undefined;
    this.version += 1;
    const message = { ...held, version: this.version, text: `${held.text}, edited in ${this.version}` };
    this.messages[held.seq - 1] = message;
    this.tell('message.edited', message);
    return message;
  }

  /** A change that carries no message. */
  rename(): void {
    this.version += 1;
    const { version } = this;
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
    const message = this.messages[event.body.message.seq - 1] ?? null;
    return { name: event.name, body: { ...event.body, message } };
  }

  sync(cursor: number): SyncedConversation {
    const changed = this.messages.filter((message) => message.version > cursor);
    const answer = { conversation: this.conversation(), members: [], toVersion: this.version };
    if (changed.length <= LIMIT) return { ...answer, messages: changed };
    const messages = this.messages.slice(-LIMIT);
    return { ...answer, messages, limited: true, floorSeq: messages[0]?.seq ?? 1 };
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

  private tell(name: 'message.created' | 'message.edited', message: Message): void {
    this.events.push({ name, body: { conversationId, version: this.version, message } });
  }
}
