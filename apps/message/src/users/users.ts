import { Injectable } from '@nestjs/common';
import { type Page, Refusal, type User, type UserSearch, type UserUpdate } from '@parley/contracts';
import { PrismaClient } from '@parley/database';
import { z } from 'zod';
import { AccountOutbox } from '../accounts/account-outbox.js';
import { Cursor } from '../rest/cursor.js';

const asUser = { id: true, username: true, displayName: true } as const;
const searchCursor = new Cursor('users', z.string());

@Injectable()
export class Users {
  constructor(
    private readonly prisma: PrismaClient,
    private readonly outbox: AccountOutbox,
  ) {}

  /** @throws Refusal `NOT_FOUND` */
  async get(id: string): Promise<User> {
    const user = await this.prisma.user.findUnique({ where: { id }, select: asUser });
    if (user === null) throw new Refusal('NOT_FOUND', 'There is no user with this id.');
    return user;
  }

  async update(id: string, { displayName }: UserUpdate): Promise<User> {
    const user = await this.prisma.$transaction(async (tx) => {
      const updated = await tx.user.update({ where: { id }, data: { displayName }, select: asUser });
      const { username } = updated;
      await this.outbox.append(tx, {
        event: 'user.updated',
        contract: 1,
        userId: id,
        username,
        displayName,
      });
      return updated;
    });
    this.outbox.told();
    return user;
  }

  /** People whose username or display name begins with it, whatever the case; by username. */
  async search({ search, cursor, limit }: UserSearch): Promise<Page<User>> {
    const after = cursor === undefined ? '' : searchCursor.decode(cursor);
    const pattern = `${search.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
    const found = await this.prisma.$queryRaw<User[]>`
      SELECT id, username, display_name AS "displayName" FROM messaging.users
      WHERE (username LIKE ${pattern} OR lower(display_name) LIKE ${pattern}) AND username > ${after}
      ORDER BY username LIMIT ${limit + 1}`;
    const items = found.slice(0, limit);
    const last = items.at(-1);
    const isMore = found.length > limit && last !== undefined;
    return { items, nextCursor: isMore ? searchCursor.encode(last.username) : null };
  }

  /** @throws Refusal `NOT_FOUND` with the ids that are nobody's as details */
  async requireAll(ids: readonly string[]): Promise<void> {
    const found = await this.prisma.user.findMany({ where: { id: { in: [...ids] } }, select: { id: true } });
    const known = new Set(found.map(({ id }) => id));
    const unknown = ids.filter((id) => !known.has(id));
    if (unknown.length === 0) return;
    throw new Refusal('NOT_FOUND', `There is no user with the id ${unknown[0]}.`, {
      details: { userIds: unknown },
    });
  }
}
