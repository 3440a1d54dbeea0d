import { idSchema, nilId } from '@parley/contracts';
import { hash } from 'node:crypto';
import { z } from 'zod';
import { Cursor } from '../rest/cursor.js';
import { type DatabaseMoment } from './database-moment.js';

/** Which part of what moved is told next. */
export interface Part {
  /** What transactions from this one on wrote; null: everything. */
  readonly since: number | null;
  /** The horizon when the first page was read: where the next `since` begins, once all pages are told. */
  readonly until: number;
  /** Conversations with higher ids; the pages before told the others. */
  readonly after: string;
}

/** Rows keep 32 bits of the id of their transaction, so half of all can be told from the other half; that is halved again. */
const MAX_AGE = 2 ** 30;

const transactionId = z.number().int().positive();
/** Whose and of which history it is; since; where there are more pages, also until and after. */
const token = new Cursor(
  'sync',
  z.union([
    z.tuple([z.string(), transactionId]),
    z.tuple([z.string(), transactionId.nullable(), transactionId, idSchema]),
  ]),
);

export class SinceTokens {
  private readonly scope: string;

  constructor(
    userId: string,
    private readonly now: DatabaseMoment,
  ) {
    this.scope = hash('sha256', `${userId} ${now.system} ${now.historyEpoch}`, 'base64url').slice(0, 16);
  }

  /**
   * Absent counts one that cannot be used: changed on the way, somebody else's, of another history or database, too
   * old, or from a future that a restore undid. Everything is told then, which is never wrong.
   */
  read(given: string | undefined): Part {
    const everything = { since: null, until: this.now.horizon, after: nilId };
    const content = given === undefined ? undefined : token.read(given);
    if (content === undefined || content[0] !== this.scope) return everything;
    const [, since, until = this.now.horizon, after = nilId] = content;
    const isUsable = [since, until].every((id) => id === null || this.isWithinReach(id));
    return isUsable ? { since, until, after } : everything;
  }

  /** @param lastId of the page, where there are more of them */
  next({ since, until }: Part, lastId: string | undefined): string {
    if (lastId === undefined) return token.encode([this.scope, until]);
    return token.encode([this.scope, since, until, lastId]);
  }

  private isWithinReach(id: number): boolean {
    return id <= this.now.horizon && this.now.horizon - id < MAX_AGE;
  }
}
