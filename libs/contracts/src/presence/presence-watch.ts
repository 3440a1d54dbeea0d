import { z } from 'zod';
import { limits } from '../limits.js';
import { idSchema, timestampSchema } from '../values.js';

/**
 * `presence.watch`: a grant of `GET /v1/presence` says whom this person may watch. It adds to what the session watches,
 * and ends with the grant or the socket: watch again with a new grant before, and after each connect. What changed
 * since the snapshot of the grant comes as `presence.changed`, if the grant is used within 30 s.
 */
export const presenceWatchSchema = z.strictObject({ grant: z.string().min(1).max(65_536) });
export type PresenceWatch = z.infer<typeof presenceWatchSchema>;

export const presenceWatchedSchema = z.object({ expiresAt: timestampSchema }).meta({
  id: 'PresenceWatched',
  description: 'When it ends, unless it is watched again with a new grant.',
});
export type PresenceWatched = z.infer<typeof presenceWatchedSchema>;

/** `presence.unwatch`. */
export const presenceUnwatchSchema = z.strictObject({
  userIds: z.array(idSchema).min(1).max(limits.presenceWatched.max),
});
export type PresenceUnwatch = z.infer<typeof presenceUnwatchSchema>;

/** `presence.report`: whether this device is in use; a session starts active. */
export const presenceReportSchema = z.strictObject({ state: z.enum(['active', 'idle']) });
export type PresenceReport = z.infer<typeof presenceReportSchema>;
