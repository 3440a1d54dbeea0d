import { z } from 'zod';
import { idSchema } from '../values.js';
import { presenceVisibilitySchema } from './presence.js';

export const userSchema = z
  .object({
    id: idSchema,
    username: z.string(),
    displayName: z.string(),
  })
  .meta({ id: 'User', description: 'A person, as everybody may see them.' });
export type User = z.infer<typeof userSchema>;

export const profileSchema = userSchema.extend({ presenceVisibleTo: presenceVisibilitySchema }).meta({
  id: 'Profile',
  description: 'A person as they see themselves. Nobody else is told the settings in it.',
});
export type Profile = z.infer<typeof profileSchema>;
