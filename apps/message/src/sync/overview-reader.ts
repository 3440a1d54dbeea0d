import { Injectable } from '@nestjs/common';
import { limits, type MovedConversation, type OwnMark, type SyncOverview } from '@parley/contracts';
import { Pool } from 'pg';
import { isShown } from '../conversations/shown.js';
import { readMoment } from './database-moment.js';
import { type Part, SinceTokens } from './since-token.js';

interface Row extends OwnMark {
  readonly version: number;
  readonly left: boolean;
  readonly moved: boolean;
  readonly markMoved: boolean;
}

/**
 * A row may have been written by a transaction that began after PostgreSQL reckoned its age: it is a little younger than
 * none. Far below stand rows of more than 2^31 transactions ago, whose age has wrapped around.
 */
const YOUNGEST = -1_000_000;

/** Which of somebody's conversations moved, without what moved in them. */
@Injectable()
export class OverviewReader {
  constructor(private readonly pool: Pool) {}

  async read(userId: string, since: string | undefined): Promise<SyncOverview> {
    // Read before the rows: what is written between the two is told, and told again next time.
    const now = await readMoment(this.pool);
    const tokens = new SinceTokens(userId, now);
    const part = tokens.read(since);
    const rows = await this.readRows(userId, part);
    const page = rows.slice(0, limits.syncMoved.max);
    const isMore = rows.length > page.length;
    return {
      moved: page.filter(({ moved }) => moved).map(toMoved),
      marks: page.filter(({ markMoved }) => markMoved).map(toMark),
      historyEpoch: now.historyEpoch,
      next: tokens.next(part, isMore ? page.at(-1)?.conversationId : undefined),
      ...(isMore ? { more: true } : {}),
    };
  }

  /**
   * Every row knows the transaction that wrote it last (`xmin`), so what moved is found without a column, an index or a
   * clock: neither a transaction that lasts for long nor a clock that is put back hides anything. Whoever has left is
   * told of the leaving, not of what moved after it.
   */
  private async readRows(userId: string, { since, after }: Part): Promise<Row[]> {
    const { rows } = await this.pool.query<Row>({
      name: 'sync-overview',
      text: `
        SELECT * FROM (
          SELECT me.conversation_id AS "conversationId", COALESCE(me.left_version, c.version) AS version,
            me.left_version IS NOT NULL AS left, r.delivered_seq AS "deliveredSeq", r.read_seq AS "readSeq",
            $3::xid8 IS NULL OR age(me.xmin) BETWEEN $5 AND age($3::xid8::xid)
              OR (me.left_version IS NULL AND age(c.xmin) BETWEEN $5 AND age($3::xid8::xid)) AS moved,
            me.left_version IS NULL AND r.user_id IS NOT NULL
              AND ($3::xid8 IS NULL OR age(r.xmin) BETWEEN $5 AND age($3::xid8::xid)) AS "markMoved"
          FROM messaging.members me
          JOIN messaging.conversations c ON c.id = me.conversation_id AND ${isShown}
          LEFT JOIN messaging.receipts r ON r.conversation_id = me.conversation_id AND r.user_id = me.user_id
          WHERE me.user_id = $1 AND me.conversation_id > $2
        ) mine
        WHERE moved OR "markMoved"
        ORDER BY "conversationId" LIMIT $4`,
      values: [userId, after, since, limits.syncMoved.max + 1, YOUNGEST],
    });
    return rows;
  }
}

function toMoved({ conversationId, version, left }: Row): MovedConversation {
  return { conversationId, version, ...(left ? { left } : {}) };
}

function toMark({ conversationId, deliveredSeq, readSeq }: Row): OwnMark {
  return { conversationId, deliveredSeq, readSeq };
}
