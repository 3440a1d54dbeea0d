import { z } from 'zod';
import { presenceVisibilitySchema } from '../entities/presence.js';
import { limits } from '../limits.js';
import { nameSchema } from '../values.js';

export const userUpdateSchema = z
  .strictObject({ displayName: nameSchema, presenceVisibleTo: presenceVisibilitySchema })
  .partial()
  .refine((body) => Object.keys(body).length > 0, 'must change something')
  .meta({ id: 'UserUpdate', description: 'Profile and settings; at least one of them.' });
export type UserUpdate = z.infer<typeof userUpdateSchema>;

export const userSearchSchema = z.strictObject({
  search: nameSchema,
  cursor: z.string().max(512).optional(),
  limit: z.coerce.number().int().min(1).max(limits.listPage.max).default(limits.listPage.default),
});
export type UserSearch = z.infer<typeof userSearchSchema>;
