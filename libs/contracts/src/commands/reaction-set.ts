import { z } from 'zod';
import { commandIdSchema, emojiSchema, idSchema } from '../values.js';

export const reactionSetSchema = z
  .strictObject({
    conversationId: idSchema,
    id: idSchema.describe('Of the message.'),
    commandId: commandIdSchema,
    emoji: emojiSchema,
    on: z.boolean(),
  })
  .meta({
    id: 'ReactionSet',
    description: 'Puts an emoji to a message, or takes it back; setting what is set changes nothing.',
  });
export type ReactionSet = z.infer<typeof reactionSetSchema>;
