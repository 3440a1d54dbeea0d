import { credentialsSchema, keySetSchema, loginSchema, refreshSchema, registerSchema } from '../auth.js';
import { defineRoutes } from './route.js';

const open = { service: 'message', isPublic: true } as const;

export const authRoutes = defineRoutes({
  register: {
    ...open,
    method: 'POST',
    path: '/v1/auth/register',
    summary: 'Opens an account and logs its first device in.',
    body: registerSchema,
    status: 201,
    answer: credentialsSchema,
    refusals: ['CONFLICT'],
  },
  login: {
    ...open,
    method: 'POST',
    path: '/v1/auth/login',
    summary: 'Logs a device in.',
    description: 'Wrong passwords are counted per username and per address, right ones are not.',
    body: loginSchema,
    status: 200,
    answer: credentialsSchema,
    refusals: ['UNAUTHENTICATED', 'RATE_LIMITED'],
  },
  refresh: {
    ...open,
    method: 'POST',
    path: '/v1/auth/refresh',
    summary: 'Gives a new access token and a new refresh token for a refresh token.',
    description:
      'The refresh token before stays valid for 30 s, for a reply that was lost. One that is used later than that ends the device.',
    body: refreshSchema,
    status: 200,
    answer: credentialsSchema,
    refusals: ['UNAUTHENTICATED'],
  },
  logout: {
    ...open,
    method: 'POST',
    path: '/v1/auth/logout',
    summary: 'Ends the device that the refresh token was given to: its tokens and its sockets.',
    body: refreshSchema,
    status: 204,
    answer: null,
  },
  publicKeys: {
    ...open,
    method: 'GET',
    path: '/.well-known/jwks.json',
    summary: 'The public keys that our access tokens are verified with.',
    status: 200,
    answer: keySetSchema,
  },
});
