import { z } from 'zod';
import type { User } from '../entities/user.js';
import { limits } from '../limits.js';
import { idSchema, nameSchema, usernameSchema } from '../values.js';

const password = z.string().min(8).max(limits.passwordLength.max);

/** `POST /v1/auth/register`. */
export const registerSchema = z.strictObject({
  username: usernameSchema,
  password,
  displayName: nameSchema.optional(),
  deviceId: idSchema.optional(),
});
/** `POST /v1/auth/login`. */
export const loginSchema = z.strictObject({
  username: z.string().max(limits.usernameLength.max),
  password: z.string().max(limits.passwordLength.max),
  deviceId: idSchema.optional(),
});
/** `POST /v1/auth/refresh`. */
export const refreshSchema = z.strictObject({ refreshToken: z.string().max(512) });

export type Register = z.infer<typeof registerSchema>;
export type Login = z.infer<typeof loginSchema>;
export type Refresh = z.infer<typeof refreshSchema>;

/** The answer of register, login and refresh. */
export interface Credentials {
  user: User;
  deviceId: string;
  accessToken: string;
  refreshToken: string;
  /** Seconds until the access token ends. */
  expiresIn: number;
}
