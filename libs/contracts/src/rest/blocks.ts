import { z } from 'zod';
import { idSchema } from '../values.js';

/** An item of `GET /v1/users/me/blocks`, most recent first. */
export const blockSchema = z.object({ userId: idSchema, blockedAt: z.iso.datetime() });
export type Block = z.infer<typeof blockSchema>;
