import { z } from 'zod';
import { idSchema } from '../values.js';

/** An item of `GET …/messages/:seq/readers`. */
export const readerSchema = z.object({
  userId: idSchema,
  /** When their read mark last moved, ISO 8601: not before they read this message. */
  readAt: z.iso.datetime(),
});
export type Reader = z.infer<typeof readerSchema>;
