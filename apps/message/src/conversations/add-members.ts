import { limits, Refusal } from '@parley/contracts';
import { type CommandContext, type CommandHandler, type Handled } from './command-handler.js';
import { requireGroupAdmin } from './rights.js';
import { findMembers } from './subject.js';

/** `member.add`: by admins and owners; one version for all who join. Who is a member already stays as they are. */
export class AddMembers implements CommandHandler<'member.add'> {
  readonly kind = 'member.add';

  async handle(context: CommandContext<'member.add'>): Promise<Handled> {
    const { command, database, nextVersion } = context;
    const { state } = requireGroupAdmin(context.state, command.userId);
    const joining = [...new Set(command.body.userIds)].filter((userId) => !state.members.has(userId));
    if (state.members.size + joining.length > limits.groupMembers.max) {
      throw new Refusal('TOO_LARGE', `A group has at most ${limits.groupMembers.max} members.`);
    }
    if (joining.length === 0) return { event: null, subject: { of: 'members', members: [] } };

    const visibleFromSeq = state.conversation.historyForNewMembers === 'all' ? 1 : state.lastSeq + 1;
    await database.query({
      name: 'add-members',
      text: `INSERT INTO messaging.members AS m
               (conversation_id, user_id, role, version, joined_version, visible_from_seq)
             SELECT $1::uuid, u.id, 'member', $3::int8, $3::int8, $4::int8 FROM unnest($2::uuid[]) AS u (id)
             ON CONFLICT (conversation_id, user_id) DO UPDATE
             SET role = 'member', version = $3, joined_version = $3, left_version = NULL, visible_from_seq = $4`,
      values: [state.id, joining, nextVersion, visibleFromSeq],
    });
    const members = await findMembers(database, state.id, joining);
    return { event: 'member.joined', subject: { of: 'members', members } };
  }
}
