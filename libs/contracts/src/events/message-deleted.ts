import type { z } from 'zod';
import { messageEventSchema } from './bodies.js';

export const messageDeletedSchema = messageEventSchema.meta({
  id: 'MessageDeleted',
  description:
    'A message was deleted: its tombstone; it applies where its version is higher than the held one.',
});
export type MessageDeleted = z.infer<typeof messageDeletedSchema>;
