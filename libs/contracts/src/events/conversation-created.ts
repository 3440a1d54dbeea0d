import type { Conversation } from '../entities/conversation.js';
import type { Member } from '../entities/member.js';

/** `conversation.created`: the conversation as it is now. */
export interface ConversationCreated {
  conversationId: string;
  version: number;
  conversation: Conversation;
  /** Its first members, who all joined with this version. */
  members: Member[];
}
