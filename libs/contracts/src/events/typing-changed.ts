import { z } from 'zod';
import { idSchema } from '../values.js';

/** `typing.changed`: a member began or ceased to write. Without another one it ends by itself after `typingLifeMs`. */
export const typingChangedSchema = z.object({
  conversationId: idSchema,
  userId: idSchema,
  active: z.boolean(),
});
export type TypingChanged = z.infer<typeof typingChangedSchema>;
