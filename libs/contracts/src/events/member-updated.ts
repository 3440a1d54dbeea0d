import type { z } from 'zod';
import { membersEventSchema } from './bodies.js';

export const memberUpdatedSchema = membersEventSchema.meta({
  id: 'MemberUpdated',
  description: 'Members whose role changed. Republished: members as they are now.',
});
export type MemberUpdated = z.infer<typeof memberUpdatedSchema>;
