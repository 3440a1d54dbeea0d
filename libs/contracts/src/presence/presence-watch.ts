import { z } from 'zod';
import { limits } from '../limits.js';
import { idSchema, timestampSchema } from '../values.js';

export const presenceWatchSchema = z
  .strictObject({
    grant: z
      .string()
      .min(1)
      .max(65_536)
      .describe('Of `GET /v1/presence`: it says whom this person may watch. Use it within 30 s.'),
  })
  .meta({
    id: 'PresenceWatch',
    description:
      'Adds these people to whom the session watches; what changed since the snapshot of the grant comes as ' +
      '`presence.changed`. It ends with the grant or the socket: watch again with a new grant before, and after each connect.',
  });
export type PresenceWatch = z.infer<typeof presenceWatchSchema>;

export const presenceWatchedSchema = z
  .object({
    expiresAt: timestampSchema.describe('When it ends, unless it is watched again with a new grant.'),
  })
  .meta({ id: 'PresenceWatched' });
export type PresenceWatched = z.infer<typeof presenceWatchedSchema>;

export const presenceUnwatchSchema = z
  .strictObject({ userIds: z.array(idSchema).min(1).max(limits.presenceWatched.max) })
  .meta({ id: 'PresenceUnwatch', description: 'The session watches these people no more.' });
export type PresenceUnwatch = z.infer<typeof presenceUnwatchSchema>;

export const presenceReportSchema = z
  .strictObject({ state: z.enum(['active', 'idle']) })
  .meta({ id: 'PresenceReport', description: 'Whether this device is in use; a session starts active.' });
export type PresenceReport = z.infer<typeof presenceReportSchema>;
