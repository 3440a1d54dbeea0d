import { type Conversation, limits, Refusal } from '@parley/contracts';
import { type CommandContext, type CommandHandler, type Handled } from './command-handler.js';
import { type ConversationState } from './conversation-state.js';
import { directConversationId } from './direct-conversation-id.js';
import { insertConversation, insertMembers } from './insert-conversation.js';
import { findMembers } from './subject.js';

type Context = CommandContext<'conversation.create'>;

/** `conversation.create`: a direct one comes to be once, however often it is created; a group's creator is its owner. */
export class CreateConversation implements CommandHandler<'conversation.create'> {
  readonly kind = 'conversation.create';

  async handle(context: Context): Promise<Handled> {
    const { command, state } = context;
    const userIds = [...new Set([command.userId, ...command.body.memberIds])];
    if (command.body.kind === 'direct') checkDirect(command.conversationId, userIds);
    else checkGroup(command.conversationId);
    if (userIds.length > limits.groupMembers.max) {
      throw new Refusal('TOO_LARGE', `A group has at most ${limits.groupMembers.max} members.`);
    }
    if (state !== undefined) {
      if (command.body.kind !== state.conversation.kind || command.body.kind === 'group') {
        throw new Refusal('CONFLICT', 'This conversation exists already.');
      }
      if (state.isHidden) return list(context, state);
      return { event: null, subject: { of: 'conversation', conversation: { ...state.conversation } } };
    }

    const conversation = await insert(context);
    const ownerId = command.body.kind === 'group' ? command.userId : null;
    const members = await insertMembers(context, { conversationId: conversation.id, userIds, ownerId });
    return { event: 'conversation.created', subject: { of: 'conversation', conversation, members } };
  }
}

/** The id of a direct conversation says who is in it: another one would be a second conversation of the same two. */
function checkDirect(conversationId: string, userIds: readonly string[]): void {
  const [creator, other = creator, ...more] = userIds;
  if (creator === undefined || other === undefined || more.length > 0) {
    throw new Refusal('INVALID', 'A direct conversation is between two users.');
  }
  if (conversationId !== directConversationId(creator, other)) {
    throw new Refusal('INVALID', 'This is not the id of the direct conversation of these two users.');
  }
}

/** Ids of version 5 belong to direct conversations: a group that took one would read what two people write. */
function checkGroup(conversationId: string): void {
  if (conversationId[14] === '5') {
    throw new Refusal('INVALID', 'id: must not be a UUID of version 5; mint a UUIDv7.');
  }
}

function insert(context: Context): Promise<Conversation> {
  const { conversationId: id, body } = context.command;
  const { kind, name, historyForNewMembers } = body;
  return insertConversation(context, {
    id,
    kind,
    name: kind === 'group' ? name : null,
    historyForNewMembers,
    isListed: true,
  });
}

/** A block made it, and nobody has been told of it yet. */
async function list({ database, nextVersion }: Context, state: ConversationState): Promise<Handled> {
  await database.query({
    name: 'list-conversation',
    text: `UPDATE messaging.conversations SET is_listed = true, changed_version = $2 WHERE id = $1`,
    values: [state.id, nextVersion],
  });
  const members = await findMembers(database, state.id, [...state.members.keys()]);
  const conversation = { ...state.conversation, version: nextVersion };
  return {
    event: 'conversation.created',
    subject: { of: 'conversation', conversation, members },
    direct: { ...state.direct, isListed: true },
  };
}
