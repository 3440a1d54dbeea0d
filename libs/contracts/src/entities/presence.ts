import { z } from 'zod';
import { idSchema, timestampSchema } from '../values.js';

export const presenceStatusSchema = z.enum(['online', 'away', 'offline']).meta({
  id: 'PresenceStatus',
  description: 'online: some device is in use. away: connected, none in use.',
});
export type PresenceStatus = z.infer<typeof presenceStatusSchema>;

export const presenceVisibilitySchema = z.enum(['everybody', 'shared', 'nobody']).meta({
  id: 'PresenceVisibility',
  description:
    'Who may see whether a person is online: everybody, whoever shares a conversation with them, nobody.',
});
export type PresenceVisibility = z.infer<typeof presenceVisibilitySchema>;

export const presenceSchema = z
  .object({
    userId: idSchema,
    status: presenceStatusSchema,
    lastActiveAt: timestampSchema
      .nullable()
      .describe('When some device was last in use; null where it never was. While online: since when it is.'),
    version: z
      .number()
      .int()
      .nonnegative()
      .describe('A higher one replaces a lower one, wherever it comes from.'),
  })
  .meta({ id: 'Presence', description: 'Whether a person is there; all their devices are one.' });
export type Presence = z.infer<typeof presenceSchema>;
