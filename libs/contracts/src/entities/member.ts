import { z } from 'zod';

export const memberRoleSchema = z.enum(['owner', 'admin', 'member']);
export type MemberRole = z.infer<typeof memberRoleSchema>;

export interface Member {
  userId: string;
  role: MemberRole;
  joinedVersion: number;
  /** Null while a member. */
  leftVersion: number | null;
  /** Messages with a lower seq are not shown to this member. */
  visibleFromSeq: number;
}
