import type { z } from 'zod';
import { membersEventSchema } from './bodies.js';

export const memberLeftSchema = membersEventSchema.meta({
  id: 'MemberLeft',
  description: 'Who left or was removed, and whoever became owner by it.',
});
export type MemberLeft = z.infer<typeof memberLeftSchema>;
