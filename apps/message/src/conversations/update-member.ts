import { Refusal } from '@parley/contracts';
import { type CommandContext, type CommandHandler, type Handled } from './command-handler.js';
import { type ConversationState } from './conversation-state.js';
import { requireGroupMember } from './rights.js';
import { findMembers } from './subject.js';

/** `member.update`: an owner changes a member's role. A group never ends up without an owner. */
export class UpdateMember implements CommandHandler<'member.update'> {
  readonly kind = 'member.update';

  async handle(context: CommandContext<'member.update'>): Promise<Handled> {
    const { command, database, nextVersion } = context;
    const { userId, role } = command.body;
    const { state, member } = requireGroupMember(context.state, command.userId);
    if (member.role !== 'owner') throw new Refusal('FORBIDDEN', 'Only owners of the group change roles.');
    const before = state.members.get(userId);
    if (before === undefined) throw new Refusal('NOT_FOUND', 'This user is not a member of the group.');
    if (before.role === 'owner' && role !== 'owner' && countOwners(state) === 1) {
      throw new Refusal('CONFLICT', 'The group needs an owner: make somebody else owner first.');
    }

    const changes = before.role !== role;
    if (changes) {
      await database.query({
        name: 'update-member',
        text: `UPDATE messaging.members SET role = $3, version = $4 WHERE conversation_id = $1 AND user_id = $2`,
        values: [state.id, userId, role, nextVersion],
      });
    }
    const members = await findMembers(database, state.id, [userId]);
    return { event: changes ? 'member.updated' : null, subject: { of: 'members', members } };
  }
}

function countOwners(state: ConversationState): number {
  return [...state.members.values()].filter(({ role }) => role === 'owner').length;
}
