import { z } from 'zod';
import { emojiSchema, idSchema } from '../values.js';

/** `reaction.set`: puts an emoji to a message, or takes it back. Setting what is set changes nothing. */
export const reactionSetSchema = z.strictObject({
  conversationId: idSchema,
  id: idSchema,
  commandId: idSchema,
  emoji: emojiSchema,
  on: z.boolean(),
});
export type ReactionSet = z.infer<typeof reactionSetSchema>;
