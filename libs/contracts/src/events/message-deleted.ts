import type { Message } from '../entities/message.js';

/** `message.deleted`: the row as it is now; it applies where its version is higher than the held one. */
export interface MessageDeleted {
  conversationId: string;
  version: number;
  /** Null for a member who may not see that message: the version counts, the text stays hidden. */
  message: Message | null;
}
