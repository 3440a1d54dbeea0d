import { z } from 'zod';
import { presenceSchema } from '../entities/presence.js';
import { limits } from '../limits.js';
import { idSchema } from '../values.js';

/** `GET /v1/presence?userIds=a,b`. */
export const presenceQuerySchema = z.strictObject({
  userIds: z
    .string()
    .transform((list) => list.split(','))
    .pipe(z.array(idSchema).min(1).max(limits.presenceQueried.max)),
});
export type PresenceQuery = z.infer<typeof presenceQuerySchema>;

/** People whom the caller may not see, or who do not exist, are absent. */
export const presenceSnapshotSchema = z
  .object({
    items: z.array(presenceSchema),
    /**
     * Goes into `presence.watch` at once; covers the items, for five minutes. Who watches on asks for a new snapshot and
     * grant before that, which also shows whom one may not see any more.
     */
    grant: z.string(),
  })
  .meta({ id: 'PresenceSnapshot' });
export type PresenceSnapshot = z.infer<typeof presenceSnapshotSchema>;
