import { z } from 'zod';
import { idSchema, textSchema } from '../values.js';

/** `message.edit`: the sender replaces the text. `commandId` makes a retry the same edit. */
export const messageEditSchema = z.strictObject({
  conversationId: idSchema,
  id: idSchema,
  commandId: idSchema,
  text: textSchema,
});
export type MessageEdit = z.infer<typeof messageEditSchema>;
