import { Injectable } from '@nestjs/common';
import { presenceGrantAudience, presenceGrantIssuer, timing } from '@parley/contracts';
import { publicKeyOf, type PublicKey } from '@parley/service';
import { SignJWT } from 'jose';
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { PresenceConfig } from '../config.js';

/** Signs whom somebody may watch, for the gateways, which know nobody's conversations. */
@Injectable()
export class Grants {
  private readonly publicKey: PublicKey;
  private readonly privateKey: KeyObject;

  constructor({ privateKey }: PresenceConfig) {
    this.publicKey = publicKeyOf(privateKey);
    this.privateKey = createPrivateKey({ key: privateKey, format: 'jwk' });
  }

  /** @param userId to whom it is given */
  sign(userId: string, userIds: readonly string[]): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ userIds })
      .setProtectedHeader({ alg: this.publicKey.alg, kid: this.publicKey.kid, typ: 'JWT' })
      .setIssuer(presenceGrantIssuer)
      .setAudience(presenceGrantAudience)
      .setSubject(userId)
      .setIssuedAt(now)
      .setExpirationTime(now + timing.presenceGrantLifeMs / 1000)
      .sign(this.privateKey);
  }
}
