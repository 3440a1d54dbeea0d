import { z } from 'zod';
import { limits } from '../limits.js';

/** Every list. */
export function pageSchema<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    nextCursor: z
      .string()
      .nullable()
      .describe('Opaque: the `cursor` of the next page. Null on the last one.'),
  });
}
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export const cursorSchema = z
  .string()
  .max(512)
  .describe('The `nextCursor` of the page before; without it the first page.');

export const pageQuerySchema = z.strictObject({
  cursor: cursorSchema.optional(),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(limits.listPage.max)
    .default(limits.listPage.default)
    .describe('The most items of a page.'),
});
export type PageQuery = z.infer<typeof pageQuerySchema>;
