import { z } from 'zod';
import { idSchema, seqSchema } from '../values.js';

const marks = { deliveredSeq: seqSchema.optional(), readSeq: seqSchema.optional() };

export const receiptPutSchema = z
  .strictObject(marks)
  .refine(
    ({ deliveredSeq, readSeq }) => deliveredSeq !== undefined || readSeq !== undefined,
    'takes deliveredSeq, readSeq or both',
  )
  .meta({
    id: 'ReceiptPut',
    description: 'How far the caller has received and read: one of the marks, or both.',
  });
export type ReceiptPut = z.infer<typeof receiptPutSchema>;

export const receiptAdvanceSchema = z
  .strictObject({ conversationId: idSchema, ...marks })
  .refine(
    ({ deliveredSeq, readSeq }) => deliveredSeq !== undefined || readSeq !== undefined,
    'takes deliveredSeq, readSeq or both',
  )
  .meta({
    id: 'ReceiptAdvance',
    description:
      'Says how far this person has received and read: one of the marks, or both. Lower ones than before change nothing.',
  });
export type ReceiptAdvance = z.infer<typeof receiptAdvanceSchema>;
