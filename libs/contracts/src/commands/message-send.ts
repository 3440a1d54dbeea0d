import { z } from 'zod';
import { limits } from '../limits.js';
import { idSchema, textSchema } from '../values.js';

export const messageSendSchema = z
  .strictObject({
    conversationId: idSchema,
    id: idSchema.describe(
      'Minted by the client (any UUID, best a version 7) and kept over all retries: whatever else a repetition says, it is answered with the message that was stored first.',
    ),
    text: textSchema,
    replyTo: idSchema
      .describe('The id of a message of this conversation that the sender may see; it may have been deleted.')
      .optional(),
    mentions: z
      .array(idSchema)
      .max(limits.mentionsPerMessage.max)
      .refine((userIds) => new Set(userIds).size === userIds.length, 'must name nobody twice')
      .describe(
        'Who is meant, nobody twice. Those who are not members when the message is stored are left out of it.',
      )
      .optional(),
  })
  .meta({ id: 'MessageSend', description: 'Sends a message.' });
export type MessageSend = z.infer<typeof messageSendSchema>;
