import { z } from 'zod';
import { memberRoleSchema } from '../entities/member.js';

export const memberUpdateSchema = z
  .strictObject({ role: memberRoleSchema })
  .meta({ id: 'MemberUpdate', description: "A member's new role." });
export type MemberUpdate = z.infer<typeof memberUpdateSchema>;
