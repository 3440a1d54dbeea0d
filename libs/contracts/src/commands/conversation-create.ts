import { z } from 'zod';
import { historyForNewMembersSchema } from '../entities/conversation.js';
import { limits } from '../limits.js';
import { idSchema, nameSchema } from '../values.js';

/** `conversation.create`, direct: between the caller and `userId` (oneself allowed); creating twice is creating once. */
export const directConversationSchema = z.strictObject({ kind: z.literal('direct'), userId: idSchema });

/** `conversation.create`, group: the caller becomes owner. */
export const groupConversationSchema = z.strictObject({
  kind: z.literal('group'),
  id: idSchema,
  name: nameSchema,
  memberIds: z.array(idSchema).max(limits.membersPerRequest.max),
  historyForNewMembers: historyForNewMembersSchema.default('all'),
});

export const conversationCreateSchema = z.discriminatedUnion('kind', [
  directConversationSchema,
  groupConversationSchema,
]);
export type ConversationCreate = z.infer<typeof conversationCreateSchema>;
