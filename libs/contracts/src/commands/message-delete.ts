import { z } from 'zod';
import { idSchema } from '../values.js';

/** `message.delete`: leaves a tombstone; deleting twice is deleting once. */
export const messageDeleteSchema = z.strictObject({
  conversationId: idSchema,
  id: idSchema,
  commandId: idSchema,
});
export type MessageDelete = z.infer<typeof messageDeleteSchema>;
