import { z } from 'zod';
import { userSchema } from '../entities/user.js';
import { limits } from '../limits.js';
import { idSchema, nameSchema, usernameSchema } from '../values.js';

const deviceIdSchema = idSchema.describe('Of this installation, which keeps it; minted where absent.');
const password = z.string().min(8).max(limits.passwordLength.max);

export const registerSchema = z
  .strictObject({
    username: usernameSchema,
    password,
    displayName: nameSchema.optional(),
    deviceId: deviceIdSchema.optional(),
  })
  .meta({ id: 'Register' });
export const loginSchema = z
  .strictObject({
    username: z.string().max(limits.usernameLength.max),
    password: z.string().max(limits.passwordLength.max),
    deviceId: deviceIdSchema.optional(),
  })
  .meta({ id: 'Login' });
export const refreshSchema = z.strictObject({ refreshToken: z.string().max(512) }).meta({ id: 'Refresh' });

export type Register = z.infer<typeof registerSchema>;
export type Login = z.infer<typeof loginSchema>;
export type Refresh = z.infer<typeof refreshSchema>;

export const credentialsSchema = z
  .object({
    user: userSchema,
    deviceId: idSchema.describe('Minted where the request named none; the client keeps it.'),
    accessToken: z.string(),
    refreshToken: z.string(),
    expiresIn: z.number().int().positive().describe('Seconds until the access token ends.'),
  })
  .meta({ id: 'Credentials', description: 'The answer of register, login and refresh.' });
export type Credentials = z.infer<typeof credentialsSchema>;

export const keySetSchema = z
  .object({
    keys: z.array(
      z.object({
        kty: z.string(),
        crv: z.string(),
        x: z.string(),
        y: z.string().exactOptional(),
        kid: z.string(),
        alg: z.string(),
        use: z.literal('sig'),
      }),
    ),
  })
  .meta({ id: 'KeySet', description: 'A JSON Web Key Set.' });
export type KeySet = z.infer<typeof keySetSchema>;
