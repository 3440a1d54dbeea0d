import { type Presence, presenceSchema } from '../entities/presence.js';

/** `presence.changed`, and one record of `presence.changes`; key: the user's id. */
export const presenceChangedSchema = presenceSchema;
export type PresenceChanged = Presence;
