import { Refusal } from '@parley/contracts';
import type { TokenChecks } from '../sessions/token-checks.js';
import { handle } from './handle.js';

/** A socket lives longer than a token: the same user and device go on with a new one. */
export function sessionRenew(tokens: TokenChecks) {
  return handle('session.renew', {
    answer: async ({ token }, session) => {
      const identity = await tokens.identify(token, session.deviceId);
      if (identity.userId !== session.userId) {
        throw new Refusal('FORBIDDEN', 'token: belongs to another user; connect anew with it.');
      }
      // An older token that arrives late must not shorten the session, nor make it older than a logout.
      if (identity.expiresAt > session.identity.expiresAt) session.identity = identity;
      return { expiresAt: new Date(session.identity.expiresAt).toISOString() };
    },
  });
}
