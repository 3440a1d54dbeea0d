import { z } from 'zod';
import { commandIdSchema, idSchema, textSchema } from '../values.js';

export const messageEditSchema = z
  .strictObject({
    conversationId: idSchema,
    id: idSchema.describe('Of the message.'),
    commandId: commandIdSchema,
    text: textSchema,
  })
  .meta({ id: 'MessageEdit', description: 'The sender replaces the text.' });
export type MessageEdit = z.infer<typeof messageEditSchema>;
