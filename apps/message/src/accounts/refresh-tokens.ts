import { Injectable } from '@nestjs/common';
import { type Prisma, PrismaClient } from '@parley/database';
import { hash, randomBytes } from 'node:crypto';

const LIFE_MS = 30 * 24 * 3600 * 1000;

export interface TokenDevice {
  userId: string;
  deviceId: string;
  revokedAt: Date | null;
}

/** `exchanged` for a new one; `reused` long after it was exchanged, so that two people hold it; `ended`. */
export type Exchange = 'exchanged' | 'reused' | 'ended';

/** Tokens that are exchanged for new ones at each use. Only their hashes are stored. */
@Injectable()
export class RefreshTokens {
  constructor(private readonly prisma: PrismaClient) {}

  /** A new one for a device that exists. */
  async issue(tx: Prisma.TransactionClient, userId: string, deviceId: string): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    const expiresAt = new Date(Date.now() + LIFE_MS);
    await tx.refreshToken.create({ data: { hash: hashOf(token), userId, deviceId, expiresAt } });
    return token;
  }

  /** Whose it is, holding the device until the transaction ends: exchanging and logging out take turns. */
  async lockDevice(tx: Prisma.TransactionClient, token: string): Promise<TokenDevice | undefined> {
    const [device] = await tx.$queryRaw<TokenDevice[]>`
      SELECT d.user_id AS "userId", d.id AS "deviceId", d.revoked_at AS "revokedAt"
      FROM messaging.refresh_tokens t
      JOIN messaging.devices d ON d.user_id = t.user_id AND d.id = t.device_id
      WHERE t.hash = ${hashOf(token)}
      FOR UPDATE OF d`;
    return device;
  }

  /** An exchanged one stays good for 30 s: two tabs may share it, and the answer to the first use may be lost. */
  async exchange(tx: Prisma.TransactionClient, token: string): Promise<Exchange> {
    const [row] = await tx.$queryRaw<{ isAlive: boolean; isFresh: boolean }[]>`
      UPDATE messaging.refresh_tokens SET replaced_at = COALESCE(replaced_at, now())
      WHERE hash = ${hashOf(token)}
      RETURNING expires_at > now() AS "isAlive", replaced_at > now() - interval '30 seconds' AS "isFresh"`;
    if (row === undefined || !row.isAlive) return 'ended';
    return row.isFresh ? 'exchanged' : 'reused';
  }

  async forgetExpired(): Promise<void> {
    await this.prisma.refreshToken.deleteMany({ where: { expiresAt: { lt: new Date() } } });
  }
}

/** Fast is enough: nobody guesses 256 random bits. */
function hashOf(token: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(hash('sha256', token, 'buffer'));
}
