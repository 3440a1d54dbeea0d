import { z } from 'zod';
import { idSchema } from '../values.js';

/** `online`: some device is in use. `away`: connected, none in use. */
export const presenceStatusSchema = z.enum(['online', 'away', 'offline']);
export type PresenceStatus = z.infer<typeof presenceStatusSchema>;

/** Who may see whether a person is online: everybody, whoever shares a conversation with them, nobody. */
export const presenceVisibilitySchema = z.enum(['everybody', 'shared', 'nobody']);
export type PresenceVisibility = z.infer<typeof presenceVisibilitySchema>;

/** All devices of a person are one. A higher version replaces a lower one, wherever it comes from. */
export const presenceSchema = z.object({
  userId: idSchema,
  status: presenceStatusSchema,
  /** When some device was last in use, ISO 8601; null where it never was. While online: since when it is. */
  lastActiveAt: z.iso.datetime().nullable(),
  version: z.number().int().nonnegative(),
});
export type Presence = z.infer<typeof presenceSchema>;
