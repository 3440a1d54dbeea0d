import { type Page, Refusal } from '@parley/contracts';
import { hash } from 'node:crypto';
import { type z } from 'zod';

const CHECK_LENGTH = 8;

/**
 * Where the next page of one kind of list begins, as text that clients hand back as it is. The check finds cursors
 * that were cut, changed or taken from another list; it guards no secret, since a page shows only what its reader may see.
 */
export class Cursor<T> {
  constructor(
    private readonly list: string,
    private readonly schema: z.ZodType<T>,
  ) {}

  encode(position: T): string {
    const content = Buffer.from(JSON.stringify(position)).toString('base64url');
    return this.check(content) + content;
  }

  /** @throws Refusal `INVALID` */
  decode(cursor: string): T {
    const position = this.read(cursor);
    if (position === undefined) throw invalid();
    return position;
  }

  /** Undefined for one that is not of this list, was changed, or was made by an older version. */
  read(cursor: string): T | undefined {
    const content = cursor.slice(CHECK_LENGTH);
    if (this.check(content) !== cursor.slice(0, CHECK_LENGTH)) return undefined;
    return this.schema.safeParse(parseJson(Buffer.from(content, 'base64url').toString())).data;
  }

  /**
   * @param rows those of the page, and the next one where there is one: so that whether there is needs no counting
   * @param limit how many the page holds at most
   */
  page<Row>(rows: readonly Row[], limit: number, positionOf: (last: Row) => T): Page<Row> {
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    const isMore = rows.length > limit && last !== undefined;
    return { items, nextCursor: isMore ? this.encode(positionOf(last)) : null };
  }

  private check(content: string): string {
    return hash('sha256', `${this.list} ${content}`, 'base64url').slice(0, CHECK_LENGTH);
  }
}

/** Undefined for what is no JSON: whoever knows how the check is made can write anything. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function invalid(): Refusal {
  return new Refusal(
    'INVALID',
    'cursor: must be the nextCursor of the page before, or absent for the first page',
  );
}
