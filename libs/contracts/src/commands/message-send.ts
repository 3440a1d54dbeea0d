import { z } from 'zod';
import { limits } from '../limits.js';
import { idSchema, textSchema } from '../values.js';

/**
 * `message.send`: the client mints `id` (any UUID, best a version 7) and keeps it over all retries: whatever else a
 * repetition says, it is answered with the message that was stored first.
 */
export const messageSendSchema = z.strictObject({
  conversationId: idSchema,
  id: idSchema,
  text: textSchema,
  /** The id of a message of this conversation that the sender may see; it may have been deleted. */
  replyTo: idSchema.optional(),
  /** Who is meant. Those who are not members when the message is stored are left out of it. */
  mentions: z
    .array(idSchema)
    .max(limits.mentionsPerMessage.max)
    .refine((userIds) => new Set(userIds).size === userIds.length, 'must name nobody twice')
    .optional(),
});
export type MessageSend = z.infer<typeof messageSendSchema>;
