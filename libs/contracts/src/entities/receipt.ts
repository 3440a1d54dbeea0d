import { z } from 'zod';
import { idSchema, seqSchema } from '../values.js';

export const receiptSchema = z
  .object({
    userId: idSchema,
    deliveredSeq: seqSchema,
    readSeq: seqSchema,
  })
  .meta({
    id: 'Receipt',
    description: 'How far a member has received and read. Both only go up; what is read is delivered.',
  });
export type Receipt = z.infer<typeof receiptSchema>;

export const receiptCountSchema = z
  .object({
    seq: seqSchema,
    deliveredCount: z.number().int().nonnegative(),
    readCount: z.number().int().nonnegative(),
  })
  .meta({
    id: 'ReceiptCount',
    description: 'How many members have received and read one message, its sender left out.',
  });
export type ReceiptCount = z.infer<typeof receiptCountSchema>;
