import { z } from 'zod';
import type { Timestamp } from '../values.js';

export const conversationKinds = ['direct', 'group'] as const;
export type ConversationKind = (typeof conversationKinds)[number];

/** Whether someone who joins a group sees what was written before. */
export const historyForNewMembersSchema = z.enum(['all', 'none']);
export type HistoryForNewMembers = z.infer<typeof historyForNewMembersSchema>;

export interface Conversation {
  id: string;
  kind: ConversationKind;
  /** Null in direct conversations. */
  name: string | null;
  historyForNewMembers: HistoryForNewMembers;
  version: number;
  lastSeq: number;
  createdAt: Timestamp;
}
