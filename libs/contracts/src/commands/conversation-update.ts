import { z } from 'zod';
import { historyForNewMembersSchema } from '../entities/conversation.js';
import { nameSchema } from '../values.js';

/** `conversation.update`: name and settings of a group. */
export const conversationUpdateSchema = z
  .strictObject({ name: nameSchema, historyForNewMembers: historyForNewMembersSchema })
  .partial()
  .refine((body) => Object.keys(body).length > 0, 'must change something');
export type ConversationUpdate = z.infer<typeof conversationUpdateSchema>;
