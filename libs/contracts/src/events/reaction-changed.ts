import type { Message } from '../entities/message.js';

/** `reaction.changed`: the message as it is now, with its reactions. */
export interface ReactionChanged {
  conversationId: string;
  version: number;
  message: Message | null;
}
