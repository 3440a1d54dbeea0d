import { Refusal } from '@parley/contracts';
import { type CommandContext, type CommandHandler, type Handled } from './command-handler.js';
import { type ActiveMember, type ConversationState } from './conversation-state.js';
import { requireGroupMember, type ActingMember } from './rights.js';
import { findMembers } from './subject.js';

/**
 * `member.remove`: everyone may leave; admins and owners remove others, an admin no owner. When the last owner goes,
 * the longest-standing admin, else member, becomes owner in the same change.
 */
export class RemoveMember implements CommandHandler<'member.remove'> {
  readonly kind = 'member.remove';

  async handle(context: CommandContext<'member.remove'>): Promise<Handled> {
    const { command, database, nextVersion } = context;
    const { userId } = command.body;
    const acting = requireGroupMember(context.state, command.userId);
    const { state } = acting;
    const leaving = state.members.get(userId);
    if (leaving === undefined) throw new Refusal('NOT_FOUND', 'This user is not a member of the group.');
    if (userId !== command.userId) checkMayRemove(acting, leaving);

    const successor = findSuccessor(state, userId, leaving);
    await database.query({
      name: 'remove-member',
      text: `UPDATE messaging.members SET version = $3,
               left_version = CASE WHEN user_id = $2 THEN $3 ELSE left_version END,
               role = CASE WHEN user_id = $4 THEN 'owner' ELSE role END
             WHERE conversation_id = $1 AND user_id IN ($2::uuid, $4::uuid)`,
      values: [state.id, userId, nextVersion, successor],
    });
    const changed = successor === null ? [userId] : [userId, successor];
    const members = await findMembers(database, state.id, changed);
    return { event: 'member.left', subject: { of: 'members', members } };
  }
}

function checkMayRemove({ member }: ActingMember, leaving: ActiveMember): void {
  if (member.role === 'member') throw new Refusal('FORBIDDEN', 'Only admins and owners remove members.');
  if (member.role === 'admin' && leaving.role === 'owner') {
    throw new Refusal('FORBIDDEN', 'An admin cannot remove an owner.');
  }
}

/** Who becomes owner when this member goes; null where an owner stays, or nobody. */
function findSuccessor(state: ConversationState, leavingId: string, leaving: ActiveMember): string | null {
  if (leaving.role !== 'owner') return null;
  const staying = [...state.members].filter(([userId]) => userId !== leavingId);
  if (staying.some(([, { role }]) => role === 'owner')) return null;
  const [first] = staying.sort(
    ([idA, a], [idB, b]) =>
      Number(b.role === 'admin') - Number(a.role === 'admin') ||
      a.joinedVersion - b.joinedVersion ||
      (idA < idB ? -1 : 1),
  );
  return first?.[0] ?? null;
}
