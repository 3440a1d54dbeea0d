import { z } from 'zod';
import { idSchema, seqSchema, versionSchema } from '../values.js';

export const memberRoleSchema = z.enum(['owner', 'admin', 'member']).meta({ id: 'MemberRole' });
export type MemberRole = z.infer<typeof memberRoleSchema>;

export const memberSchema = z
  .object({
    userId: idSchema,
    role: memberRoleSchema,
    joinedVersion: versionSchema.describe("The conversation's version of the joining."),
    leftVersion: versionSchema.nullable().describe('Null while a member.'),
    visibleFromSeq: seqSchema.describe('Messages with a lower seq are not shown to this member.'),
  })
  .meta({ id: 'Member', description: 'A user in a conversation.' });
export type Member = z.infer<typeof memberSchema>;
