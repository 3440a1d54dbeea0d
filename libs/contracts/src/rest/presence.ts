import { z } from 'zod';
import { presenceSchema } from '../entities/presence.js';
import { limits } from '../limits.js';
import { idSchema } from '../values.js';

/** `GET /v1/presence?userIds=a,b`. */
export const presenceQuerySchema = z.strictObject({
  userIds: z
    .string()
    .transform((list) => list.split(','))
    .pipe(z.array(idSchema).min(1).max(limits.presenceWatched.max)),
});
export type PresenceQuery = z.infer<typeof presenceQuerySchema>;

/** People whom the caller may not see, or who do not exist, are absent. */
export const presenceSnapshotSchema = z.object({
  items: z.array(presenceSchema),
  /** Goes into `presence.watch`; covers the items, for five minutes. */
  grant: z.string(),
});
export type PresenceSnapshot = z.infer<typeof presenceSnapshotSchema>;
