import { z } from 'zod';
import type { Conversation } from '../entities/conversation.js';
import type { Member } from '../entities/member.js';
import type { Message } from '../entities/message.js';
import { limits } from '../limits.js';
import { idSchema, seqSchema } from '../values.js';

/** `GET /v1/sync`: `since` is the `next` of the answer before; without it all conversations are told. */
export const syncQuerySchema = z.strictObject({ since: z.string().max(512).optional() });
export type SyncQuery = z.infer<typeof syncQuerySchema>;

export interface MovedConversation {
  conversationId: string;
  /** What its cursor is to become; a device that holds exactly this misses nothing. */
  version: number;
  /** The caller is no member any more; `version` is that of the leaving. */
  left?: true;
}

/** How far the caller has received and read, on any device. Marks only go up: a lower one is old news. */
export interface OwnMark {
  conversationId: string;
  deliveredSeq: number;
  readSeq: number;
}

/** What moved since. Something may be told that did not; nothing that did is left out. */
export interface SyncOverview {
  moved: MovedConversation[];
  marks: OwnMark[];
  /** Another one than before: the database was restored, and no cursor, mark or row held by the device counts. */
  historyEpoch: string;
  /** Opaque, for the next `since`; kept where the cursors are kept. One that cannot be used counts as absent. */
  next: string;
  /** There is more to tell: ask again at once, with `next`. */
  more?: true;
}

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
  /** Members changed since the cursor, among them those who left; as of `toVersion`. */
  members: Member[];
  /** A group of more than 100 members: none are told, who is held may be out of date, and they are paged by REST. */
  membersPaged?: true;
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
  /** As in `GET /v1/sync`: look at it before anything else of the answer. */
  historyEpoch: string;
}
