import { z } from 'zod';
import { commandIdSchema, idSchema } from '../values.js';

export const messageDeleteSchema = z
  .strictObject({
    conversationId: idSchema,
    id: idSchema.describe('Of the message.'),
    commandId: commandIdSchema,
  })
  .meta({ id: 'MessageDelete', description: 'Deletes a message, which leaves a tombstone; twice is once.' });
export type MessageDelete = z.infer<typeof messageDeleteSchema>;
