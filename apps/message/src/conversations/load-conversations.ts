import { type ConversationKind, type HistoryForNewMembers, type MemberRole } from '@parley/contracts';
import { type ClientBase, type Pool } from 'pg';
import { type ActiveMember, ConversationState } from './conversation-state.js';

interface Row {
  id: string;
  kind: ConversationKind;
  name: string | null;
  history: HistoryForNewMembers;
  version: number;
  lastSeq: number;
  createdAt: Date;
  userId: string | null;
  role: MemberRole;
  joinedVersion: number;
  visibleFromSeq: number;
  isListed: boolean;
  /** Null of a group. */
  blockedBy: string[] | null;
}

// One statement is one snapshot: version, members and blocks belong together.
const query = {
  name: 'load-conversations',
  text: `
    SELECT c.id, c.kind, c.name, c.history_for_new_members AS history, c.version, c.last_seq AS "lastSeq",
      c.created_at AS "createdAt", m.user_id AS "userId", m.role, m.joined_version AS "joinedVersion",
      m.visible_from_seq AS "visibleFromSeq", c.is_listed AS "isListed",
      CASE c.kind WHEN 'direct' THEN
        ARRAY(SELECT b.user_id FROM messaging.blocks b WHERE b.conversation_id = c.id)
      END AS "blockedBy"
    FROM messaging.conversations c
    LEFT JOIN messaging.members m ON m.conversation_id = c.id AND m.left_version IS NULL
    WHERE c.id = ANY ($1::uuid[])`,
};

/** Those that exist, by id, with the members they have now. */
export async function loadConversations(
  database: Pool | ClientBase,
  ids: readonly string[],
): Promise<Map<string, ConversationState>> {
  const { rows } = await database.query<Row>({ ...query, values: [ids] });
  const members = new Map<string, Map<string, ActiveMember>>();
  const heads = new Map<string, Row>();
  for (const row of rows) {
    let ofOne = members.get(row.id);
    if (ofOne === undefined) {
      ofOne = new Map<string, ActiveMember>();
      members.set(row.id, ofOne);
      heads.set(row.id, row);
    }
    if (row.userId === null) continue;
    const { role, joinedVersion, visibleFromSeq } = row;
    ofOne.set(row.userId, { role, joinedVersion, visibleFromSeq });
  }
  const states = new Map<string, ConversationState>();
  for (const [id, row] of heads) states.set(id, toState(row, members.get(id)));
  return states;
}

function toState(row: Row, members = new Map<string, ActiveMember>()): ConversationState {
  const { id, kind, name, history, version, lastSeq, createdAt, isListed, blockedBy } = row;
  return new ConversationState(
    { id, kind, name, historyForNewMembers: history, version, lastSeq, createdAt: createdAt.toISOString() },
    members,
    { isListed, blockedBy: blockedBy ?? [] },
  );
}
