import type { z } from 'zod';
import { membersEventSchema } from './bodies.js';

export const memberJoinedSchema = membersEventSchema.meta({
  id: 'MemberJoined',
  description: 'Those who joined, all with this version.',
});
export type MemberJoined = z.infer<typeof memberJoinedSchema>;
