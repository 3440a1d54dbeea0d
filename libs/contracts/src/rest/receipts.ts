import { z } from 'zod';
import { idSchema, seqSchema, timestampSchema } from '../values.js';

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

export const readerSchema = z
  .object({
    userId: idSchema,
    readAt: timestampSchema.describe('When their read mark last moved: not before they read this message.'),
  })
  .meta({ id: 'Reader', description: 'Somebody who has read a message.' });
export type Reader = z.infer<typeof readerSchema>;
