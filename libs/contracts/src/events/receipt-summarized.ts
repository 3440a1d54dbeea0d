import { z } from 'zod';
import { receiptCountSchema } from '../entities/receipt.js';
import { idSchema } from '../values.js';

export const receiptSummarizedSchema = z
  .object({
    conversationId: idSchema,
    counts: z.array(receiptCountSchema),
  })
  .meta({
    id: 'ReceiptSummarized',
    description: 'How far a group of more than 100 members has come, told to those who wrote in it lately.',
  });
export type ReceiptSummarized = z.infer<typeof receiptSummarizedSchema>;
