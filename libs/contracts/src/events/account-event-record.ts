import { z } from 'zod';
import { presenceVisibilitySchema } from '../entities/presence.js';
import { idSchema, republishedSchema, timestampSchema } from '../values.js';

export const deviceRevokedSchema = z
  .object({
    event: z.literal('device.revoked'),
    contract: z.literal(1),
    userId: idSchema,
    deviceId: idSchema,
    revokedAt: timestampSchema.describe(
      'Access tokens of this device issued before this moment are refused.',
    ),
  })
  .meta({
    id: 'DeviceRevoked',
    description:
      'A device was logged out, or its refresh tokens were misused: its sockets close, its older tokens end.',
  });

export const userUpdatedSchema = z
  .object({
    event: z.literal('user.updated'),
    contract: z.literal(1),
    republished: republishedSchema.optional(),
    userId: idSchema,
    username: z.string(),
    displayName: z.string(),
    /** Absent in records of before there was a choice. */
    presenceVisibleTo: presenceVisibilitySchema.default('shared'),
    blockedUserIds: z
      .array(idSchema)
      .optional()
      .describe('Where it is republished: all whom the user blocks now, whatever was told before.'),
  })
  .meta({ id: 'UserUpdated', description: 'The profile or a setting changed; as they are now.' });

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
