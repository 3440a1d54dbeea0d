import { z } from 'zod';
import { idSchema } from '../values.js';

export const userSchema = z
  .object({
    id: idSchema,
    username: z.string(),
    displayName: z.string(),
  })
  .meta({ id: 'User', description: 'A person, as everybody may see them.' });
export type User = z.infer<typeof userSchema>;
