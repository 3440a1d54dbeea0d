import type { z } from 'zod';
import { messageEventSchema } from './bodies.js';

export const messageCreatedSchema = messageEventSchema.meta({
  id: 'MessageCreated',
  description:
    'A message was sent: the row as it is now; it applies where its version is higher than the held one.',
});
export type MessageCreated = z.infer<typeof messageCreatedSchema>;
