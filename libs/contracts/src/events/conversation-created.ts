import type { Conversation } from '../entities/conversation.js';

/** `conversation.created`: the conversation as it is now. */
export interface ConversationCreated {
  conversationId: string;
  version: number;
  conversation: Conversation;
}
