import { type Conversation, limits, type Member, Refusal } from '@parley/contracts';
import { type CommandContext, type CommandHandler, type Handled } from './command-handler.js';
import { directConversationId } from './direct-conversation-id.js';
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
      return { event: null, subject: { of: 'conversation', conversation: { ...state.conversation } } };
    }

    const conversation = await insertConversation(context);
    const members = await insertMembers(context, userIds);
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

async function insertConversation({
  command,
  database,
  nextVersion,
  occurredAt,
}: Context): Promise<Conversation> {
  const { kind, historyForNewMembers } = command.body;
  const name = kind === 'group' ? command.body.name : null;
  await database.query({
    name: 'insert-conversation',
    text: `INSERT INTO messaging.conversations
             (id, kind, name, history_for_new_members, version, last_seq, changed_version, created_at)
           VALUES ($1, $2, $3, $4, $5, 0, $5, $6)`,
    values: [command.conversationId, kind, name, historyForNewMembers, nextVersion, occurredAt],
  });
  const createdAt = occurredAt.toISOString();
  return {
    id: command.conversationId,
    kind,
    name,
    historyForNewMembers,
    version: nextVersion,
    lastSeq: 0,
    createdAt,
  };
}

async function insertMembers(context: Context, userIds: readonly string[]): Promise<Member[]> {
  const { command, database, nextVersion } = context;
  await database.query({
    name: 'insert-first-members',
    text: `INSERT INTO messaging.members (conversation_id, user_id, role, version, joined_version, visible_from_seq)
           SELECT $1::uuid, u.id, (CASE WHEN u.id = $4::uuid THEN 'owner' ELSE 'member' END)::messaging.member_role,
             $3::int8, $3::int8, 1
           FROM unnest($2::uuid[]) AS u (id)`,
    values: [
      command.conversationId,
      userIds,
      nextVersion,
      command.body.kind === 'group' ? command.userId : null,
    ],
  });
  return findMembers(database, command.conversationId, userIds);
}
