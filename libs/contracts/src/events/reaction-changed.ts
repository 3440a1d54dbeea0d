import type { Message } from '../entities/message.js';

/** `reaction.changed`: the row as it is now; it applies where its version is higher than the held one. */
export interface ReactionChanged {
  conversationId: string;
  version: number;
  /** Null for a member who may not see that message: the version counts, the text stays hidden. */
  message: Message | null;
}
