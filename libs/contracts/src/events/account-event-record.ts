import { z } from 'zod';
import { presenceVisibilitySchema } from '../entities/presence.js';
import { idSchema } from '../values.js';

/** `device.revoked`: logged out, or its refresh tokens were misused. Its sockets close, its older tokens end. */
export const deviceRevokedSchema = z.object({
  event: z.literal('device.revoked'),
  contract: z.literal(1),
  userId: idSchema,
  deviceId: idSchema,
  /** Access tokens of this device issued before this moment are refused: ISO 8601. */
  revokedAt: z.iso.datetime(),
});

/** `user.updated`: the profile or a setting changed; as they are now. */
export const userUpdatedSchema = z.object({
  event: z.literal('user.updated'),
  contract: z.literal(1),
  /** Emitted again after a crash or for a repair: apply it, announce nothing. */
  republished: z.literal(true).optional(),
  userId: idSchema,
  username: z.string(),
  displayName: z.string(),
  /** Absent in records of before there was a choice. */
  presenceVisibleTo: presenceVisibilitySchema.default('shared'),
});

const ofTwo = { contract: z.literal(1), userId: idSchema, otherUserId: idSchema };

/** `user.blocked`: this user takes no direct messages of the other one, and sends them none. */
export const userBlockedSchema = z.object({ event: z.literal('user.blocked'), ...ofTwo });

/** `user.unblocked`: they do again, as far as it is up to this user. */
export const userUnblockedSchema = z.object({ event: z.literal('user.unblocked'), ...ofTwo });

/** One record of `account.events`; key: the user's id. */
export const accountEventRecordSchema = z.discriminatedUnion('event', [
  deviceRevokedSchema,
  userUpdatedSchema,
  userBlockedSchema,
  userUnblockedSchema,
]);
export type DeviceRevoked = z.infer<typeof deviceRevokedSchema>;
export type UserUpdated = z.infer<typeof userUpdatedSchema>;
export type UserBlocked = z.infer<typeof userBlockedSchema>;
export type UserUnblocked = z.infer<typeof userUnblockedSchema>;
export type AccountEventRecord = z.infer<typeof accountEventRecordSchema>;
