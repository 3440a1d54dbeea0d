import { z } from 'zod';
import { idSchema, seqSchema } from '../values.js';

const marks = { deliveredSeq: seqSchema.optional(), readSeq: seqSchema.optional() };

/** `PUT …/receipt`: how far this person has received and read; lower than before changes nothing. */
export const receiptPutSchema = z
  .strictObject(marks)
  .refine(
    ({ deliveredSeq, readSeq }) => deliveredSeq !== undefined || readSeq !== undefined,
    'takes deliveredSeq, readSeq or both',
  );
export type ReceiptPut = z.infer<typeof receiptPutSchema>;

/** `receipt.advance`: the same over the socket. */
export const receiptAdvanceSchema = z
  .strictObject({ conversationId: idSchema, ...marks })
  .refine(
    ({ deliveredSeq, readSeq }) => deliveredSeq !== undefined || readSeq !== undefined,
    'takes deliveredSeq, readSeq or both',
  );
export type ReceiptAdvance = z.infer<typeof receiptAdvanceSchema>;
