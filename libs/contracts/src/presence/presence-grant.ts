import { z } from 'zod';
import { limits } from '../limits.js';
import { idSchema } from '../values.js';

/** Who signs grants, and for what, so that no other token of ours passes for one. */
export const presenceGrantIssuer = 'parley.presence';
export const presenceGrantAudience = 'presence.watch';

/** The claims of a grant, a signed JWT, beside issuer, audience and its times. */
export const presenceGrantSchema = z.object({
  /** To whom it was given: nobody else may use it. */
  sub: idSchema,
  userIds: z.array(idSchema).max(limits.presenceQueried.max),
});
export type PresenceGrant = z.infer<typeof presenceGrantSchema>;
