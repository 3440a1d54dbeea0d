import { type CommandContext, type CommandHandler, type Handled } from './command-handler.js';
import { requireGroupAdmin } from './rights.js';

/** `conversation.update`: name and settings of a group, by admins and owners. */
export class UpdateConversation implements CommandHandler<'conversation.update'> {
  readonly kind = 'conversation.update';

  async handle(context: CommandContext<'conversation.update'>): Promise<Handled> {
    const { command, database, nextVersion } = context;
    const { state } = requireGroupAdmin(context.state, command.userId);
    const before = state.conversation;
    const { name = before.name, historyForNewMembers = before.historyForNewMembers } = command.body;
    if (name === before.name && historyForNewMembers === before.historyForNewMembers) {
      return { event: null, subject: { of: 'conversation', conversation: { ...before } } };
    }

    await database.query({
      name: 'update-conversation',
      text: `UPDATE messaging.conversations SET name = $2, history_for_new_members = $3, changed_version = $4
             WHERE id = $1`,
      values: [state.id, name, historyForNewMembers, nextVersion],
    });
    const conversation = { ...before, name, historyForNewMembers, version: nextVersion };
    return { event: 'conversation.updated', subject: { of: 'conversation', conversation } };
  }
}
