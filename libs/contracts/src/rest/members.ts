import { z } from 'zod';
import { memberSchema } from '../entities/member.js';

/** The answer of every change of membership. */
export const changedMembersSchema = z
  .object({ members: z.array(memberSchema) })
  .meta({ id: 'ChangedMembers' });
export type ChangedMembers = z.infer<typeof changedMembersSchema>;
