import { limits, Refusal } from '@parley/contracts';
import { appendAccountEvent, lockAccount } from '../accounts/account-events.js';
import { requirePair, touchConversation } from './blocking.js';
import { type CommandContext, type CommandHandler, type Handled } from './command-handler.js';
import { insertConversation, insertMembers } from './insert-conversation.js';

type Context = CommandContext<'user.block'>;

/**
 * `user.block`: nothing is sent in the direct conversation of the two from this version on. The event carries the
 * version and the same row to both, and so does not say who blocked whom.
 */
export class BlockUser implements CommandHandler<'user.block'> {
  readonly kind = 'user.block';

  async handle(context: Context): Promise<Handled> {
    const { command, state, database } = context;
    const { userId } = command;
    const otherUserId = command.body.userId;
    requirePair(command);
    if (state?.direct.blockedBy.includes(userId)) {
      return { event: null, subject: { of: 'conversation', conversation: { ...state.conversation } } };
    }
    await lockAccount(database, userId);
    await checkRoom(context);

    const handled = state === undefined ? await create(context) : await touchConversation(context, state);
    await insertBlock(context);
    await appendAccountEvent(database, { event: 'user.blocked', contract: 1, userId, otherUserId });
    const { isListed, blockedBy } = state?.direct ?? { isListed: false, blockedBy: [] };
    return { ...handled, direct: { isListed, blockedBy: [...blockedBy, userId] } };
  }
}

/** @throws Refusal `TOO_LARGE` */
async function checkRoom({ command, database }: Context): Promise<void> {
  const { rows } = await database.query<{ count: number }>({
    name: 'count-blocks',
    text: 'SELECT count(*) FROM messaging.blocks WHERE user_id = $1',
    values: [command.userId],
  });
  if ((rows[0]?.count ?? 0) < limits.blocks.max) return;
  throw new Refusal('TOO_LARGE', `You block ${limits.blocks.max} people already: unblock somebody first.`);
}

/** Nobody is shown the conversation before it has a message: whom a stranger blocks is not told by it. */
async function create(context: Context): Promise<Handled> {
  const { conversationId, userId, body } = context.command;
  const conversation = await insertConversation(context, {
    id: conversationId,
    kind: 'direct',
    name: null,
    historyForNewMembers: 'all',
    isListed: false,
  });
  const userIds = [userId, body.userId];
  const members = await insertMembers(context, { conversationId, userIds, ownerId: null });
  return { event: 'conversation.created', subject: { of: 'conversation', conversation, members } };
}

async function insertBlock({ command, database, occurredAt }: Context): Promise<void> {
  await database.query({
    name: 'insert-block',
    text: `INSERT INTO messaging.blocks (user_id, blocked_user_id, conversation_id, blocked_at)
           VALUES ($1, $2, $3, $4)`,
    values: [command.userId, command.body.userId, command.conversationId, occurredAt],
  });
}
