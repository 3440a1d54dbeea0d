import { z } from 'zod';
import { idSchema, seqSchema, timestampSchema, versionSchema } from '../values.js';

export const conversationKinds = ['direct', 'group'] as const;
export type ConversationKind = (typeof conversationKinds)[number];

export const historyForNewMembersSchema = z.enum(['all', 'none']).meta({
  id: 'HistoryForNewMembers',
  description: 'Whether someone who joins a group sees what was written before.',
});
export type HistoryForNewMembers = z.infer<typeof historyForNewMembersSchema>;

export const conversationSchema = z
  .object({
    id: idSchema,
    kind: z.enum(conversationKinds),
    name: z.string().nullable().describe('Null in direct conversations.'),
    historyForNewMembers: historyForNewMembersSchema,
    version: versionSchema.describe('The number of the last change in it.'),
    lastSeq: seqSchema.describe('The seq of its newest message, 0 while there is none.'),
    createdAt: timestampSchema,
  })
  .meta({ id: 'Conversation', description: 'A conversation of two, or a group.' });
export type Conversation = z.infer<typeof conversationSchema>;
