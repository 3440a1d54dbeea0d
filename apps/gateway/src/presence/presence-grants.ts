import { Injectable } from '@nestjs/common';
import { presenceGrantAudience, presenceGrantIssuer, presenceGrantSchema, Refusal } from '@parley/contracts';
import { createLocalJWKSet, errors, type JWTPayload, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { GatewayConfig } from '../config.js';

export interface VerifiedGrant {
  readonly userIds: readonly string[];
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** The clocks of the presence service and of this process may differ by this much. */
const clockToleranceSeconds = 5;

/** Whom somebody may watch, by the word of the presence service: so no membership is known here. */
@Injectable()
export class PresenceGrants {
  private readonly keys: JWTVerifyGetKey | undefined;

  constructor({ presenceKeys }: GatewayConfig) {
    this.keys = presenceKeys && createLocalJWKSet(presenceKeys);
  }

  /** @throws Refusal `FORBIDDEN` for one that is expired, forged or somebody else's */
  async verify(grant: string, userId: string): Promise<VerifiedGrant> {
    if (!this.keys) throw new Refusal('UNAVAILABLE', 'Presence is not set up here.', { retryable: false });
    const payload = await check(grant, this.keys);
    const claims = presenceGrantSchema.safeParse(payload);
    if (!claims.success) throw new Refusal('FORBIDDEN', 'grant: is not one of GET /v1/presence.');
    if (claims.data.sub !== userId) throw new Refusal('FORBIDDEN', 'grant: was given to another user.');
    return { userIds: claims.data.userIds, expiresAt: Number(payload.exp) * 1000 };
  }
}

async function check(grant: string, keys: JWTVerifyGetKey): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(grant, keys, {
      issuer: presenceGrantIssuer,
      audience: presenceGrantAudience,
      algorithms: ['ES256', 'EdDSA'],
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ['exp'],
    });
    return payload;
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    const message =
      error instanceof errors.JWTExpired
        ? 'grant: has expired; ask GET /v1/presence for a new one.'
        : 'grant: is not one of GET /v1/presence.';
    throw new Refusal('FORBIDDEN', message, { cause: error });
  }
}
