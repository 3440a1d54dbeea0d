import { Injectable } from '@nestjs/common';
import { type Credentials, Refusal, type User } from '@parley/contracts';
import { type Prisma, PrismaClient } from '@parley/database';
import { randomUUID } from 'node:crypto';
import { ACCESS_TOKEN_SECONDS, AccessTokens } from './access-tokens.js';
import { AccountOutbox } from './account-outbox.js';
import { RefreshTokens, type TokenDevice } from './refresh-tokens.js';

/** The devices that people are logged in with. */
@Injectable()
export class Devices {
  constructor(
    private readonly prisma: PrismaClient,
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
    private readonly outbox: AccountOutbox,
  ) {}

  /** @param deviceId the one that the installation has already, if any */
  async open(user: User, deviceId: string = randomUUID()): Promise<Credentials> {
    const { revokedAt, refreshToken } = await this.prisma.$transaction(async (tx) => {
      const device = await tx.device.upsert({
        where: { userId_id: { userId: user.id, id: deviceId } },
        create: { userId: user.id, id: deviceId },
        update: {},
      });
      const token = await this.refreshTokens.issue(tx, user.id, deviceId);
      return { revokedAt: device.revokedAt, refreshToken: token };
    });
    return this.credentials(user, { userId: user.id, deviceId, revokedAt }, refreshToken);
  }

  /** @throws Refusal `UNAUTHENTICATED` */
  async refresh(refreshToken: string): Promise<Credentials> {
    const exchanged = await this.prisma.$transaction(async (tx) => {
      const device = await this.refreshTokens.lockDevice(tx, refreshToken);
      if (device === undefined) return undefined;
      const exchange = await this.refreshTokens.exchange(tx, refreshToken);
      if (exchange === 'reused') await this.revoke(tx, device);
      if (exchange !== 'exchanged') return undefined;
      const user = await tx.user.findUniqueOrThrow({ where: { id: device.userId } });
      return { device, user, next: await this.refreshTokens.issue(tx, device.userId, device.deviceId) };
    });
    this.outbox.told();
    if (exchanged === undefined) {
      throw new Refusal('UNAUTHENTICATED', 'The refresh token is not valid any more: log in again.');
    }
    return this.credentials(exchanged.user, exchanged.device, exchanged.next);
  }

  /** Logs the token's device out. A token that is not valid any more has nothing left to log out. */
  async logout(refreshToken: string): Promise<void> {
    await this.prisma.$transaction(async (tx) => {
      const device = await this.refreshTokens.lockDevice(tx, refreshToken);
      if (device !== undefined) await this.revoke(tx, device);
    });
    this.outbox.told();
  }

  /** True for a device that was opened here and not logged out since the token was issued. */
  async accepts(userId: string, deviceId: string, issuedAt: number): Promise<boolean> {
    const device = await this.prisma.device.findUnique({ where: { userId_id: { userId, id: deviceId } } });
    return device !== null && (device.revokedAt === null || device.revokedAt.getTime() < issuedAt);
  }

  private async revoke(tx: Prisma.TransactionClient, { userId, deviceId }: TokenDevice): Promise<void> {
    const revokedAt = new Date();
    await tx.device.update({ where: { userId_id: { userId, id: deviceId } }, data: { revokedAt } });
    await tx.refreshToken.deleteMany({ where: { userId, deviceId } });
    await this.outbox.append(tx, {
      event: 'device.revoked',
      contract: 1,
      userId,
      deviceId,
      revokedAt: revokedAt.toISOString(),
    });
  }

  private async credentials(user: User, device: TokenDevice, refreshToken: string): Promise<Credentials> {
    const { id, username, displayName } = user;
    return {
      user: { id, username, displayName },
      deviceId: device.deviceId,
      accessToken: await this.accessTokens.sign(id, device.deviceId, device.revokedAt),
      refreshToken,
      expiresIn: ACCESS_TOKEN_SECONDS,
    };
  }
}
