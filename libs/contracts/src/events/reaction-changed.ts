import type { z } from 'zod';
import { messageEventSchema } from './bodies.js';

export const reactionChangedSchema = messageEventSchema.meta({
  id: 'ReactionChanged',
  description: 'Somebody reacted to a message or took it back: the message as it is now, with its reactions.',
});
export type ReactionChanged = z.infer<typeof reactionChangedSchema>;
