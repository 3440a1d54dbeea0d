import { Refusal } from '@parley/contracts';
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
    const content = cursor.slice(CHECK_LENGTH);
    if (this.check(content) !== cursor.slice(0, CHECK_LENGTH)) throw invalid();
    const position: unknown = JSON.parse(Buffer.from(content, 'base64url').toString());
    const { success, data } = this.schema.safeParse(position);
    // One that an older version made.
    if (!success) throw invalid();
    return data;
  }

  private check(content: string): string {
    return hash('sha256', `${this.list} ${content}`, 'base64url').slice(0, CHECK_LENGTH);
  }
}

function invalid(): Refusal {
  return new Refusal(
    'INVALID',
    'cursor: must be the nextCursor of the page before, or absent for the first page',
  );
}
