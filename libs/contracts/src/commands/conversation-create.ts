import { z } from 'zod';
import { historyForNewMembersSchema } from '../entities/conversation.js';
import { limits } from '../limits.js';
import { idSchema, nameSchema } from '../values.js';

export const directConversationSchema = z
  .strictObject({ kind: z.literal('direct'), userId: idSchema.describe('The other one, or oneself.') })
  .meta({
    id: 'DirectConversationCreate',
    description: 'Between the caller and one person; creating twice is creating once.',
  });

export const groupConversationSchema = z
  .strictObject({
    kind: z.literal('group'),
    id: idSchema.describe('Minted by the client.'),
    name: nameSchema,
    memberIds: z
      .array(idSchema)
      .max(limits.membersPerRequest.max)
      .describe('Without the caller; may be empty.'),
    historyForNewMembers: historyForNewMembersSchema.default('all'),
  })
  .meta({ id: 'GroupConversationCreate', description: 'A group, of which the caller becomes owner.' });

export const conversationCreateSchema = z
  .discriminatedUnion('kind', [directConversationSchema, groupConversationSchema])
  .meta({ id: 'ConversationCreate' });
export type ConversationCreate = z.infer<typeof conversationCreateSchema>;
