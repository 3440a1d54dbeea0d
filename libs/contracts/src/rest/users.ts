import { z } from 'zod';
import { presenceVisibilitySchema } from '../entities/presence.js';
import { nameSchema } from '../values.js';
import { pageQuerySchema } from './page.js';

export const userUpdateSchema = z
  .strictObject({ displayName: nameSchema, presenceVisibleTo: presenceVisibilitySchema })
  .partial()
  .refine((body) => Object.keys(body).length > 0, 'must change something')
  .meta({ id: 'UserUpdate', description: 'Profile and settings; at least one of them.' });
export type UserUpdate = z.infer<typeof userUpdateSchema>;

export const userSearchSchema = z.strictObject({
  search: nameSchema.describe('What a username or a word of a display name begins with.'),
  ...pageQuerySchema.shape,
});
export type UserSearch = z.infer<typeof userSearchSchema>;
