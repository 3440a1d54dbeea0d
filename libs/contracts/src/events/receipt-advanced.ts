import type { z } from 'zod';
import { receiptSchema } from '../entities/receipt.js';
import { idSchema } from '../values.js';

export const receiptAdvancedSchema = receiptSchema.extend({ conversationId: idSchema }).meta({
  id: 'ReceiptAdvanced',
  description: "A member's marks moved. Told live only: a sync tells one's own, GET …/receipts the others'.",
});
export type ReceiptAdvanced = z.infer<typeof receiptAdvancedSchema>;
