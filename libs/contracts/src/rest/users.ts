import { z } from 'zod';
import { limits } from '../limits.js';
import { nameSchema } from '../values.js';

/** `PATCH /v1/users/me`. */
export const userUpdateSchema = z.strictObject({ displayName: nameSchema });
export type UserUpdate = z.infer<typeof userUpdateSchema>;

/** `GET /v1/users?search=`: people whose username or display name begins with it. */
export const userSearchSchema = z.strictObject({
  search: nameSchema,
  cursor: z.string().max(512).optional(),
  limit: z.coerce.number().int().min(1).max(limits.listPage.max).default(limits.listPage.default),
});
export type UserSearch = z.infer<typeof userSearchSchema>;
