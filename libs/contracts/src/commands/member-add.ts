import { z } from 'zod';
import { limits } from '../limits.js';
import { idSchema } from '../values.js';

/** `member.add`: one version for the whole batch; who is a member already stays as they are. */
export const memberAddSchema = z.strictObject({
  userIds: z.array(idSchema).min(1).max(limits.membersPerRequest.max),
});
export type MemberAdd = z.infer<typeof memberAddSchema>;
