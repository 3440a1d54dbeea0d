import { z } from 'zod';
import { limits } from '../limits.js';

/** Every list: `nextCursor` is opaque, null on the last page. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export const pageQuerySchema = z.strictObject({
  cursor: z.string().max(512).optional(),
  limit: z.coerce.number().int().min(1).max(limits.listPage.max).default(limits.listPage.default),
});
export type PageQuery = z.infer<typeof pageQuerySchema>;
