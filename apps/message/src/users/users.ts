import { Injectable } from '@nestjs/common';
import {
  idSchema,
  nilId,
  type Page,
  type Profile,
  Refusal,
  type User,
  type UserSearch,
  type UserUpdate,
} from '@parley/contracts';
import { Prisma, PrismaClient } from '@parley/database';
import { z } from 'zod';
import { AccountOutbox } from '../accounts/account-outbox.js';
import { Cursor } from '../rest/cursor.js';

const asUser = { id: true, username: true, displayName: true } as const;
const asProfile = { ...asUser, presenceVisibleTo: true } as const;

const searchPlace = z.discriminatedUnion('by', [
  z.object({ by: z.literal('username'), username: z.string() }),
  z.object({ by: z.literal('name'), term: z.string(), userId: idSchema }),
]);
type SearchPlace = z.infer<typeof searchPlace>;
const searchCursor = new Cursor('users', searchPlace);
const firstPage: SearchPlace = { by: 'username', username: '' };

interface FoundUser extends User {
  /** What of their name was found; null where the username was. */
  readonly term: string | null;
}

/** The last character there is: every text that begins with another one stands before the two together. */
const beyond = '\u{10ffff}';
/** In lower case as the search terms are, and compared byte by byte as they are. */
const folded = (search: string): Prisma.Sql => Prisma.sql`(lower(${search} COLLATE "pg_c_utf8") COLLATE "C")`;

function placeOf({ id, username, term }: FoundUser): SearchPlace {
  return term === null ? { by: 'username', username } : { by: 'name', term, userId: id };
}

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

  /** @throws Refusal `NOT_FOUND` */
  async profile(id: string): Promise<Profile> {
    const profile = await this.prisma.user.findUnique({ where: { id }, select: asProfile });
    if (profile === null) throw new Refusal('NOT_FOUND', 'There is no user with this id.');
    return profile;
  }

  async update(id: string, changes: UserUpdate): Promise<Profile> {
    const profile = await this.prisma.$transaction(async (tx) => {
      const updated = await tx.user.update({
        where: { id },
        data: {
          ...(changes.displayName === undefined ? {} : { displayName: changes.displayName }),
          ...(changes.presenceVisibleTo === undefined
            ? {}
            : { presenceVisibleTo: changes.presenceVisibleTo }),
        },
        select: asProfile,
      });
      const { username, displayName, presenceVisibleTo } = updated;
      await this.outbox.append(tx, {
        event: 'user.updated',
        contract: 1,
        userId: id,
        username,
        displayName,
        presenceVisibleTo,
      });
      return updated;
    });
    this.outbox.told();
    return profile;
  }

  /** People whose username begins with it, by username; then those of whose name some word does, by what follows there. */
  async search({ search, cursor, limit }: UserSearch): Promise<Page<User>> {
    const after = cursor === undefined ? firstPage : searchCursor.decode(cursor);
    const wanted = limit + 1;
    const found = after.by === 'username' ? await this.findByUsername(search, after.username, wanted) : [];
    if (found.length < wanted) {
      const afterName = after.by === 'name' ? after : { term: '', userId: nilId };
      found.push(...(await this.findByName(search, afterName, wanted - found.length)));
    }
    const { items, nextCursor } = searchCursor.page(found, limit, placeOf);
    return {
      items: items.map(({ id, username, displayName }) => ({ id, username, displayName })),
      nextCursor,
    };
  }

  /** The exact one comes first by itself: it is the shortest of those that begin with it. */
  private findByUsername(search: string, after: string, count: number): Promise<FoundUser[]> {
    const first = search.toLowerCase();
    return this.prisma.$queryRaw<FoundUser[]>`
      SELECT id, username, display_name AS "displayName", NULL AS term FROM messaging.users
      WHERE username ~>=~ ${first} AND username ~<~ ${first + beyond} AND username ~>~ ${after}
      ORDER BY username USING ~<~ LIMIT ${count}`;
  }

  /** Each person once, by the first of their terms that fits. One lower bound: of two, the index would begin at either. */
  private findByName(
    search: string,
    after: { term: string; userId: string },
    count: number,
  ): Promise<FoundUser[]> {
    return this.prisma.$queryRaw<FoundUser[]>`
      SELECT u.id, u.username, u.display_name AS "displayName", t.term
      FROM messaging.user_search_terms t JOIN messaging.users u ON u.id = t.user_id
      WHERE (t.term, t.user_id) > (GREATEST(${after.term} COLLATE "C", ${folded(search)}), ${after.userId}::uuid)
        AND t.term < (${folded(search)} || ${beyond})
        AND NOT EXISTS (
          SELECT FROM messaging.user_search_terms s
          WHERE s.user_id = t.user_id AND s.term >= ${folded(search)} AND s.term < t.term
        )
        AND NOT starts_with(u.username, ${search.toLowerCase()})
      ORDER BY t.term, t.user_id LIMIT ${count}`;
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
