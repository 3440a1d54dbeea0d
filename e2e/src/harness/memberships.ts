import { until } from './conditions.js';
import { type TestDatabase } from './database.js';

const rowsOf = (schema: 'messaging' | 'presence') =>
  `SELECT conversation_id, user_id, joined_version, left_version, visible_from_seq FROM ${schema}.members`;

/** Resolves when the presence service holds the same members as the message service, those who left too. */
export const untilMembershipsAgree = (database: TestDatabase, withinMs = 20_000): Promise<true> =>
  until(
    'the presence service knows who is a member of what',
    async () => {
      const [row] = await database.query<{ missing: number; known: number }>(
        `SELECT (SELECT count(*) FROM (${rowsOf('messaging')} EXCEPT ${rowsOf('presence')}) m) AS missing,
                (SELECT count(*) FROM presence.members) AS known`,
      );
      return row !== undefined && row.missing === 0 && row.known > 0;
    },
    withinMs,
  );
