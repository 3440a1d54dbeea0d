import { type ReceiptAdvanced, type ReceiptSummarized, type TypingChanged } from '@parley/contracts';
import { type ClientEvents } from './client-events.js';
import { type Conversation } from './conversations/conversation.js';
import { type Change } from './conversations/conversation-state.js';
import { type ShownMessage } from './conversations/shown-message.js';
import { type Emitter } from './emitter.js';

/** Tells the application what is different: through the client, and through the conversation it concerns. */
export class Announcer {
  constructor(
    private readonly emitter: Emitter<ClientEvents>,
    private readonly conversations: ReadonlyMap<string, Conversation>,
  ) {}

  changed(conversationId: string, changes: readonly Change[]): void {
    const conversation = this.conversations.get(conversationId);
    conversation?.updated();
    this.emitter.emit('changed', { conversationId, changes });
    for (const change of changes) {
      if (change.kind === 'message') {
        this.emitter.emit('message', { conversationId, how: change.how, message: change.message });
        conversation?.emit('message', change);
      } else if (change.kind === 'left') {
        this.emitter.emit('left', { conversationId, leftVersion: change.leftVersion });
        conversation?.emit('left', change);
      }
    }
  }

  updated(conversationId: string): void {
    this.conversations.get(conversationId)?.updated();
  }

  failed(conversationId: string, message: ShownMessage): void {
    this.emitter.emit('failed', { conversationId, message });
    this.conversations.get(conversationId)?.emit('failed', { message });
  }

  typing(change: TypingChanged): void {
    this.updated(change.conversationId);
    this.emitter.emit('typing', change);
    this.conversations.get(change.conversationId)?.emit('typing', change);
  }

  receipt(receipt: ReceiptAdvanced): void {
    this.updated(receipt.conversationId);
    this.emitter.emit('receipt', receipt);
    this.conversations.get(receipt.conversationId)?.emit('receipt', receipt);
  }

  receipts(summary: ReceiptSummarized): void {
    this.updated(summary.conversationId);
    this.emitter.emit('receipts', summary);
  }
}
