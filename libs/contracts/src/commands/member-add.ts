import { z } from 'zod';
import { limits } from '../limits.js';
import { idSchema } from '../values.js';

export const memberAddSchema = z
  .strictObject({
    userIds: z.array(idSchema).min(1).max(limits.membersPerRequest.max),
  })
  .meta({
    id: 'MemberAdd',
    description: 'Who is to join, all with one version; who is a member already stays as they are.',
  });
export type MemberAdd = z.infer<typeof memberAddSchema>;
