import type { Timestamp } from '../values.js';

/** One emoji that people put to a message. */
export interface Reaction {
  emoji: string;
  /** How many people. */
  count: number;
  /** The first 20 of them, in the order in which they did. */
  userIds: string[];
}

/**
 * A message as every viewer sees it. A deleted one stays as a tombstone: it keeps its place and what it replied to, but
 * neither text nor attachments, mentions and reactions; `deletedAt` is set.
 */
export interface Message {
  id: string;
  conversationId: string;
  /** Its place in the conversation: 1, 2, 3 … without a gap. */
  seq: number;
  /** The conversation's version of the last change to this row. */
  version: number;
  createdVersion: number;
  senderId: string;
  text: string;
  attachments: unknown[];
  /** The id of the message that it replies to, which may have been deleted, or be older than this viewer may see. */
  replyTo: string | null;
  /** Members who are meant: user ids. */
  mentions: string[];
  /** In the order of the first reaction of each. */
  reactions: Reaction[];
  createdAt: Timestamp;
  editedAt: Timestamp | null;
  deletedAt: Timestamp | null;
}
