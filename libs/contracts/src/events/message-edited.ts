import type { z } from 'zod';
import { messageEventSchema } from './bodies.js';

export const messageEditedSchema = messageEventSchema.meta({
  id: 'MessageEdited',
  description:
    'Its sender replaced the text: the row as it is now; it applies where its version is higher than the held one.',
});
export type MessageEdited = z.infer<typeof messageEditedSchema>;
