import { z } from 'zod';
import { idSchema } from '../values.js';

/** `typing.set`: repeat it every few seconds while it goes on; it ends by itself after `typingLifeMs`. */
export const typingSetSchema = z.strictObject({ conversationId: idSchema, active: z.boolean() });
export type TypingSet = z.infer<typeof typingSetSchema>;
