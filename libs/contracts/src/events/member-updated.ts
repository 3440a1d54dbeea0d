import type { z } from 'zod';
import { membersEventSchema } from './bodies.js';

export const memberUpdatedSchema = membersEventSchema.meta({
  id: 'MemberUpdated',
  description: 'Members whose role changed.',
});
export type MemberUpdated = z.infer<typeof memberUpdatedSchema>;
