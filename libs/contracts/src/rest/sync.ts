import { z } from 'zod';
import type { Conversation } from '../entities/conversation.js';
import type { Member } from '../entities/member.js';
import type { Message } from '../entities/message.js';
import { limits } from '../limits.js';
import { idSchema, seqSchema } from '../values.js';

/** `POST /v1/sync`: per conversation the last version that the device holds; 0 for one that it does not know. */
export const syncRequestSchema = z.strictObject({
  cursors: z
    .record(idSchema, seqSchema)
    .refine(
      (cursors) => Object.keys(cursors).length <= limits.syncConversations.max,
      `must name at most ${limits.syncConversations.max} conversations`,
    ),
});
export type SyncRequest = z.infer<typeof syncRequestSchema>;

/** What changed in one conversation since the cursor. */
export interface SyncedConversation {
  /** Present where it changed since the cursor; absent where one has left. */
  conversation?: Conversation;
  /** Rows changed since the cursor, ascending by seq. */
  messages: Message[];
  /** Members changed since the cursor; only in groups of at most 100 (larger ones are paged by REST). */
  members: Member[];
  /** The cursor from now on. */
  toVersion: number;
  /** Too much to send: forget what was held below `floorSeq`; older messages are paged on demand. */
  limited?: true;
  floorSeq?: number;
  /** The caller is no member any more; nothing after `leftVersion` is told. */
  left?: true;
  leftVersion?: number;
}

export interface SyncResponse {
  /** Conversations that the caller never was a member of are absent. */
  conversations: Record<string, SyncedConversation>;
}
