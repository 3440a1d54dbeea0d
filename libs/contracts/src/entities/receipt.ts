import { z } from 'zod';
import { idSchema, seqSchema } from '../values.js';

/** How far a member has received and read. Both only go up; what is read is delivered. */
export const receiptSchema = z.object({
  userId: idSchema,
  deliveredSeq: seqSchema,
  readSeq: seqSchema,
});
export type Receipt = z.infer<typeof receiptSchema>;

/** How many members have received and read one message, its sender left out. */
export const receiptCountSchema = z.object({
  seq: seqSchema,
  deliveredCount: z.number().int().nonnegative(),
  readCount: z.number().int().nonnegative(),
});
export type ReceiptCount = z.infer<typeof receiptCountSchema>;
