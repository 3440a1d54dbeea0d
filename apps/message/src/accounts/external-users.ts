import { Injectable } from '@nestjs/common';
import { PrismaClient } from '@parley/database';
import { randomBytes } from 'node:crypto';

/** Whom this process need not look up again. */
const MAX_REMEMBERED = 50_000;

/** People of other issuers: they get a row when they are first seen. */
@Injectable()
export class ExternalUsers {
  private readonly known = new Set<string>();

  constructor(private readonly prisma: PrismaClient) {}

  async ensure(userId: string): Promise<void> {
    if (this.known.has(userId)) return;
    if ((await this.prisma.user.findUnique({ where: { id: userId } })) === null) await this.create(userId);
    if (this.known.size >= MAX_REMEMBERED) this.known.clear();
    this.known.add(userId);
  }

  private async create(userId: string): Promise<void> {
    // The first is unique by itself, unless somebody registered just that one.
    for (const username of [usernameOf(userId), `user-${randomBytes(8).toString('hex')}`]) {
      const user = { id: userId, username, displayName: username };
      const { count } = await this.prisma.user.createMany({ data: [user], skipDuplicates: true });
      if (count === 1 || (await this.prisma.user.findUnique({ where: { id: userId } })) !== null) return;
    }
    throw new Error(`no free username was found for user ${userId}`);
  }
}

/** All of the id in the 25 digits that fit into a username; people choose how they are called by their display name. */
function usernameOf(userId: string): string {
  return `user-${BigInt(`0x${userId.replaceAll('-', '')}`).toString(36)}`;
}
