import { z } from 'zod';
import { idSchema, textSchema } from '../values.js';

/** `message.send`: the client mints `id` (a UUIDv7) and keeps it over all retries. */
export const messageSendSchema = z.strictObject({ conversationId: idSchema, id: idSchema, text: textSchema });
export type MessageSend = z.infer<typeof messageSendSchema>;
