import { Injectable } from '@nestjs/common';
import { timing } from '@parley/contracts';
import { publicKeyOf, type PublicKey } from '@parley/service';
import { SignJWT } from 'jose';
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { AccountSettings } from './account-settings.js';

/** How long an access token is accepted. Refusals of revoked devices are remembered for a minute longer. */
export const ACCESS_TOKEN_SECONDS = timing.accessTokenLifeMs / 1000;

/** Signs access tokens, bound to a user and one of their devices. */
@Injectable()
export class AccessTokens {
  readonly publicKey: PublicKey;
  private readonly privateKey: KeyObject;

  constructor(private readonly settings: AccountSettings) {
    this.publicKey = publicKeyOf(settings.privateKey);
    this.privateKey = createPrivateKey({ key: settings.privateKey, format: 'jwk' });
  }

  /** @param revokedAt when the device was last logged out: the token is always younger, whatever the clocks say */
  sign(userId: string, deviceId: string, revokedAt: Date | null): Promise<string> {
    const issuedAt = Math.max(Date.now(), (revokedAt?.getTime() ?? 0) + 1);
    return (
      new SignJWT({ deviceId })
        .setProtectedHeader({ alg: this.publicKey.alg, kid: this.publicKey.kid, typ: 'JWT' })
        .setIssuer(this.settings.issuer)
        .setAudience(this.settings.audience)
        .setSubject(userId)
        // With its milliseconds: someone may log out and in again within one second.
        .setIssuedAt(issuedAt / 1000)
        .setExpirationTime(Math.floor(issuedAt / 1000) + ACCESS_TOKEN_SECONDS)
        .sign(this.privateKey)
    );
  }
}
