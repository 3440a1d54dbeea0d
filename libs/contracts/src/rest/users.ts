import { z } from 'zod';
import { presenceVisibilitySchema } from '../entities/presence.js';
import { limits } from '../limits.js';
import { nameSchema } from '../values.js';

/** `PATCH /v1/users/me`. */
export const userUpdateSchema = z
  .strictObject({ displayName: nameSchema, presenceVisibleTo: presenceVisibilitySchema })
  .partial()
  .refine((body) => Object.keys(body).length > 0, 'must change something');
export type UserUpdate = z.infer<typeof userUpdateSchema>;

/**
 * `GET /v1/users?search=`: people whose username begins with it, and then those of whose display name some word does,
 * whatever the case. Whom one has blocked is found too: to unblock somebody one must find them.
 */
export const userSearchSchema = z.strictObject({
  search: nameSchema,
  cursor: z.string().max(512).optional(),
  limit: z.coerce.number().int().min(1).max(limits.listPage.max).default(limits.listPage.default),
});
export type UserSearch = z.infer<typeof userSearchSchema>;
