import { type Conversation, type Member } from '@parley/contracts';
import { type ChangeContext } from './command-handler.js';
import { findMembers } from './subject.js';

export interface NewConversation extends Pick<Conversation, 'id' | 'kind' | 'name' | 'historyForNewMembers'> {
  readonly isListed: boolean;
}

export async function insertConversation(
  { database, nextVersion, occurredAt }: ChangeContext,
  { isListed, ...described }: NewConversation,
): Promise<Conversation> {
  const { id, kind, name, historyForNewMembers } = described;
  await database.query({
    name: 'insert-conversation',
    text: `INSERT INTO messaging.conversations
             (id, kind, name, history_for_new_members, version, last_seq, changed_version, created_at, is_listed)
           VALUES ($1, $2, $3, $4, $5, 0, $5, $6, $7)`,
    values: [id, kind, name, historyForNewMembers, nextVersion, occurredAt, isListed],
  });
  return { ...described, version: nextVersion, lastSeq: 0, createdAt: occurredAt.toISOString() };
}

export interface FirstMembers {
  readonly conversationId: string;
  readonly userIds: readonly string[];
  /** Null where nobody is. */
  readonly ownerId: string | null;
}

export async function insertMembers(
  { database, nextVersion }: ChangeContext,
  { conversationId, userIds, ownerId }: FirstMembers,
): Promise<Member[]> {
  await database.query({
    name: 'insert-first-members',
    text: `INSERT INTO messaging.members (conversation_id, user_id, role, version, joined_version, visible_from_seq)
           SELECT $1::uuid, u.id, (CASE WHEN u.id = $4::uuid THEN 'owner' ELSE 'member' END)::messaging.member_role,
             $3::int8, $3::int8, 1
           FROM unnest($2::uuid[]) AS u (id)`,
    values: [conversationId, userIds, nextVersion, ownerId],
  });
  return findMembers(database, conversationId, userIds);
}
