import { z } from 'zod';
import { idSchema } from '../values.js';

export const typingSetSchema = z.strictObject({ conversationId: idSchema, active: z.boolean() }).meta({
  id: 'TypingSet',
  description:
    'Says that this person is writing: repeat it every few seconds while it goes on; it ends by itself.',
});
export type TypingSet = z.infer<typeof typingSetSchema>;
