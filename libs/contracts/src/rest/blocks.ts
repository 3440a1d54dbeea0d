import { z } from 'zod';
import { idSchema } from '../values.js';

export const blockedUserPathSchema = z.object({ userId: idSchema });
export type BlockedUserPath = z.infer<typeof blockedUserPathSchema>;

/** An item of `GET /v1/users/me/blocks`, most recent first. */
export const blockSchema = z
  .object({ userId: idSchema, blockedAt: z.iso.datetime() })
  .meta({ id: 'Block', description: 'Somebody whom the caller blocks for direct messages.' });
export type Block = z.infer<typeof blockSchema>;
