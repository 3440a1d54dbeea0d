import { type Conversation, limits } from '@parley/contracts';
import { type ClientBase } from 'pg';
import { isShown } from '../conversations/shown.js';

/** How the reader stands in one of the conversations asked for, and how much changed there since the cursor. */
export interface Standing {
  readonly conversation: Conversation;
  readonly cursor: number;
  readonly joinedVersion: number;
  readonly leftVersion: number | null;
  readonly visibleFromSeq: number;
  /** Messages changed since the cursor, counted up to one more than may be sent. */
  readonly changed: number;
  /** Bytes of their texts and reactions. */
  readonly changedBytes: number;
  /** Somebody came, went or got another role since the cursor. */
  readonly membersChanged: boolean;
  /** A group whose members are paged, not synced. */
  readonly hasManyMembers: boolean;
}

interface Row extends Omit<Standing, 'conversation'>, Omit<Conversation, 'createdAt'> {
  readonly createdAt: Date;
}

/** Members of larger groups are paged, not synced. */
const MAX_SYNCED_MEMBERS = 100;

/**
 * The seq of a message `m`, for conditions that are not to choose the index: the planner knows neither cursor nor floor. Once
 * edits have made the index of versions the larger one, it would take the primary key, and read whole conversations.
 */
export const notBySeq = '(m.seq + 0)';

/** Those that exist and that the reader is or was a member of, in the order asked for. */
export async function readStandings(
  database: ClientBase,
  userId: string,
  cursors: Readonly<Record<string, number>>,
): Promise<Standing[]> {
  const { rows } = await database.query<Row>({
    name: 'sync-standings',
    text: `
      SELECT c.id, c.kind, c.name, c.history_for_new_members AS "historyForNewMembers", c.version,
        c.last_seq AS "lastSeq", c.created_at AS "createdAt", asked.cursor, me.joined_version AS "joinedVersion",
        me.left_version AS "leftVersion", me.visible_from_seq AS "visibleFromSeq", x.changed,
        x."changedBytes",
        EXISTS (
          SELECT FROM messaging.members n
          WHERE n.conversation_id = asked.id
            AND n.version > CASE WHEN asked.cursor > c.version THEN 0 ELSE asked.cursor END
        ) AS "membersChanged",
        c.kind = 'group' AND $5::int8 < (
          SELECT count(*) FROM (
            SELECT FROM messaging.members n
            WHERE n.conversation_id = asked.id AND n.left_version IS NULL LIMIT $5::int8 + 1
          ) now
        ) AS "hasManyMembers"
      FROM unnest($2::uuid[], $3::int8[]) WITH ORDINALITY AS asked (id, cursor, place)
      JOIN messaging.members me ON me.conversation_id = asked.id AND me.user_id = $1
      JOIN messaging.conversations c ON c.id = asked.id AND ${isShown}
      CROSS JOIN LATERAL (
        SELECT count(*) AS changed,
          COALESCE(sum(octet_length(text) + COALESCE(octet_length(reactions::text), 0)), 0)::int8 AS "changedBytes"
        FROM (
          SELECT m.text, m.reactions FROM messaging.messages m
          WHERE m.conversation_id = asked.id AND m.version > asked.cursor AND ${notBySeq} >= me.visible_from_seq
            AND me.left_version IS NULL AND asked.cursor >= me.joined_version
          LIMIT $4
        ) changes
      ) x
      ORDER BY asked.place`,
    values: [
      userId,
      Object.keys(cursors),
      Object.values(cursors),
      limits.syncMessages.max + 1,
      MAX_SYNCED_MEMBERS,
    ],
  });
  return rows.map((row) => {
    const { id, kind, name, historyForNewMembers, version, lastSeq, createdAt, ...standing } = row;
    const head = { id, kind, name, historyForNewMembers, version, lastSeq };
    return { ...standing, conversation: { ...head, createdAt: createdAt.toISOString() } };
  });
}

/** What each conversation gets in the answer. */
export interface Portions {
  /** The reader has left. */
  readonly left: Standing[];
  /** They were there all the time and missed little: what changed. */
  readonly changes: Standing[];
  /** They know nothing, joined after their cursor, missed too much, or hold a cursor of a lost future: the newest page. */
  readonly page: Standing[];
}

/** All changes in one answer together: beyond it conversations get their newest page instead. */
const CHANGED_ROWS_IN_ALL = 1_000;
const CHANGED_BYTES_IN_ALL = 2 * 1024 * 1024;

/** Where not all changes fit, those of most conversations do: the ones with fewest come first. */
export function portion(standings: readonly Standing[]): Portions {
  const left = standings.filter(({ leftVersion }) => leftVersion !== null);
  const changes: Standing[] = [];
  const page: Standing[] = [];
  let [rows, bytes] = [0, 0];
  for (const standing of standings
    .filter(({ leftVersion }) => leftVersion === null)
    .sort((one, other) => one.changed - other.changed)) {
    const { conversation, cursor, joinedVersion, changed, changedBytes } = standing;
    const follows = cursor >= joinedVersion && cursor <= conversation.version;
    const fits =
      changed <= limits.syncMessages.max &&
      rows + changed <= CHANGED_ROWS_IN_ALL &&
      bytes + changedBytes <= CHANGED_BYTES_IN_ALL;
    if (!follows || !fits) page.push(standing);
    else {
      changes.push(standing);
      rows += changed;
      bytes += changedBytes;
    }
  }
  return { left, changes, page };
}
