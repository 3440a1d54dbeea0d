import type { Conversation } from '../entities/conversation.js';
import type { Message } from '../entities/message.js';

/** A conversation in one's own list. */
export interface ListedConversation extends Conversation {
  /** Null when there is none, or none that the caller may see. */
  lastMessage: Message | null;
  /** Messages of others that the caller has not read, deleted ones left out; counted up to 100. */
  unreadCount: number;
  /** How far the caller has received and read, on any device. Who sent a message has read it. */
  deliveredSeq: number;
  readSeq: number;
}
