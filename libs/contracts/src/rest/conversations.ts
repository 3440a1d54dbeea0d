import type { Conversation } from '../entities/conversation.js';
import type { Message } from '../entities/message.js';

/** A conversation in one's own list. */
export interface ListedConversation extends Conversation {
  /** Null when there is none, or none that the caller may see. */
  lastMessage: Message | null;
}
