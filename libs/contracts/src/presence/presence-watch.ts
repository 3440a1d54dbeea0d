import { z } from 'zod';
import { limits } from '../limits.js';
import { idSchema } from '../values.js';

/** `presence.watch`: a grant of `GET /v1/presence` says whom this person may watch. Anew after each connect. */
export const presenceWatchSchema = z.strictObject({ grant: z.string().min(1).max(65_536) });
export type PresenceWatch = z.infer<typeof presenceWatchSchema>;

/** `presence.unwatch`. */
export const presenceUnwatchSchema = z.strictObject({
  userIds: z.array(idSchema).min(1).max(limits.presenceWatched.max),
});
export type PresenceUnwatch = z.infer<typeof presenceUnwatchSchema>;

/** `presence.report`: whether this device is in use; a session starts active. */
export const presenceReportSchema = z.strictObject({ state: z.enum(['active', 'idle']) });
export type PresenceReport = z.infer<typeof presenceReportSchema>;
