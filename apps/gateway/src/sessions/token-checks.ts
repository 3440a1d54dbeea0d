import { Injectable } from '@nestjs/common';
import { Refusal } from '@parley/contracts';
import { DeviceRevocations, TokenVerifier, type VerifiedToken } from '@parley/service';
import { GatewayConfig } from '../config.js';
import type { SessionIdentity } from './session.js';

/** Whether a token serves for a device. */
@Injectable()
export class TokenChecks {
  constructor(
    private readonly config: GatewayConfig,
    private readonly verifier: TokenVerifier,
    private readonly revocations: DeviceRevocations,
  ) {}

  /** @throws Refusal */
  async identify(token: string, deviceId: string): Promise<SessionIdentity> {
    const verified = await this.verifier.verify(token);
    this.refuseLongLife(verified);
    const { userId, issuedAt, expiresAt } = verified;
    if (verified.deviceId !== undefined && verified.deviceId !== deviceId) {
      throw new Refusal('UNAUTHENTICATED', 'The access token belongs to another device.');
    }
    this.revocations.requireLoggedIn({ userId, deviceId, issuedAt });
    return { userId, deviceId, issuedAt, expiresAt };
  }

  /** Revocations are known for as long as the longest accepted token may live; a longer one could outlive its own. */
  private refuseLongLife({ issuedAt, expiresAt }: VerifiedToken): void {
    if (expiresAt - issuedAt <= this.config.longestTokenLifeMs) return;
    const seconds = this.config.longestTokenLifeMs / 1000;
    throw new Refusal(
      'UNAUTHENTICATED',
      `The access token lives longer than the ${seconds} s accepted here.`,
    );
  }
}
