import { z } from 'zod';
import { receiptCountSchema } from '../entities/receipt.js';
import { idSchema } from '../values.js';

/** `receipt.summarized`: how far a group of more than 100 members has come, told to those who wrote in it lately. */
export const receiptSummarizedSchema = z.object({
  conversationId: idSchema,
  counts: z.array(receiptCountSchema),
});
export type ReceiptSummarized = z.infer<typeof receiptSummarizedSchema>;
