import { z } from 'zod';
import { idSchema, seqSchema } from '../values.js';

/** The path of `GET …/messages/:seq/readers`. */
export const readersPathSchema = z.object({
  id: idSchema,
  seq: z
    .string()
    .regex(/^[0-9]{1,16}$/, 'must be the number of a message')
    .transform(Number)
    .pipe(seqSchema),
});
export type ReadersPath = z.infer<typeof readersPathSchema>;

/** An item of `GET …/messages/:seq/readers`. */
export const readerSchema = z.object({
  userId: idSchema,
  /** When their read mark last moved, ISO 8601: not before they read this message. */
  readAt: z.iso.datetime(),
});
export type Reader = z.infer<typeof readerSchema>;
