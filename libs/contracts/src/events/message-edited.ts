import type { Message } from '../entities/message.js';

/** `message.edited`: the row as it is now; it applies where its version is higher than the held one. */
export interface MessageEdited {
  conversationId: string;
  version: number;
  /** Null for a member who may not see that message: the version counts, the text stays hidden. */
  message: Message | null;
}
