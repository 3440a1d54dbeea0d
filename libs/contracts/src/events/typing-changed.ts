import { z } from 'zod';
import { idSchema } from '../values.js';

export const typingChangedSchema = z
  .object({
    conversationId: idSchema,
    userId: idSchema,
    active: z.boolean(),
  })
  .meta({
    id: 'TypingChanged',
    description: 'A member began or ceased to write. Without another one it ends by itself.',
  });
export type TypingChanged = z.infer<typeof typingChangedSchema>;
