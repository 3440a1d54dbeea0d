import { z } from 'zod';
import { memberRoleSchema } from '../entities/member.js';

/** `member.update`: an owner changes a member's role. */
export const memberUpdateSchema = z.strictObject({ role: memberRoleSchema });
export type MemberUpdate = z.infer<typeof memberUpdateSchema>;
