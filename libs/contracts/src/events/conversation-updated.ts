import type { Conversation } from '../entities/conversation.js';

/** `conversation.updated`: the conversation as it is now. */
export interface ConversationUpdated {
  conversationId: string;
  version: number;
  conversation: Conversation;
}
