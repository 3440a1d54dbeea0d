import { z } from 'zod';
import { memberSchema } from '../entities/member.js';
import { conversationEventSchema } from './bodies.js';

export const conversationCreatedSchema = conversationEventSchema
  .extend({
    members: z
      .array(memberSchema)
      .describe(
        'Its first members, who all joined with this version. Republished: up to 500 as they are now, of those who left too; the others follow in member.updated.',
      ),
  })
  .meta({
    id: 'ConversationCreated',
    description: 'A conversation came to be: the conversation as it is now.',
  });
export type ConversationCreated = z.infer<typeof conversationCreatedSchema>;
