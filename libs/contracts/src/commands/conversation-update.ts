import { z } from 'zod';
import { historyForNewMembersSchema } from '../entities/conversation.js';
import { nameSchema } from '../values.js';

export const conversationUpdateSchema = z
  .strictObject({ name: nameSchema, historyForNewMembers: historyForNewMembersSchema })
  .partial()
  .refine((body) => Object.keys(body).length > 0, 'must change something')
  .meta({ id: 'ConversationUpdate', description: 'Name and settings of a group; at least one of them.' });
export type ConversationUpdate = z.infer<typeof conversationUpdateSchema>;
