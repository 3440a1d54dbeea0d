import { type Conversation, type ConversationEventName, type Member } from '@parley/contracts';
import { type ClientBase } from 'pg';
import { messageColumns, type MessageRow, serializeMessage } from '../messages/message-row.js';
import { type CommandResult } from '../messages/command-result.js';
import { type ConversationState } from './conversation-state.js';

/** What a change is about: the rows that its ack and its event carry, as they are now. */
export type Subject =
  | { readonly of: 'message'; readonly message: MessageRow }
  | { readonly of: 'members'; readonly members: readonly Member[] }
  | {
      readonly of: 'conversation';
      readonly conversation: Conversation;
      readonly members?: readonly Member[];
    }
  /** There is nothing that it could have been about. */
  | { readonly of: 'nothing' };

/** JSON of the ack of a command that was carried out. */
export function serializeAck(subject: Subject): string {
  return `{"ok":true,"data":{${serializeSubject(subject)}}}`;
}

/** JSON of the event; `hidden` leaves out the message. */
export function serializeEvent(conversationId: string, version: number, subject: Subject | 'hidden'): string {
  const rest = subject === 'hidden' ? '"message":null' : serializeSubject(subject);
  return `{"conversationId":"${conversationId}","version":${version},${rest}}`;
}

function serializeSubject(subject: Subject): string {
  switch (subject.of) {
    case 'message':
      return `"message":${serializeMessage(subject.message)}`;
    case 'members':
      return `"members":${JSON.stringify(subject.members)}`;
    case 'nothing':
      return '';
    case 'conversation': {
      const members = subject.members ? `,"members":${JSON.stringify(subject.members)}` : '';
      return `"conversation":${JSON.stringify(subject.conversation)}${members}`;
    }
  }
}

/** The part of a stored result that finds the subject again. */
export function describeSubject(subject: Subject): { messageId?: string; userIds?: string[] } {
  switch (subject.of) {
    case 'message':
      return { messageId: subject.message.id };
    case 'members':
      return { userIds: subject.members.map(({ userId }) => userId) };
    case 'conversation':
      return subject.members ? { userIds: subject.members.map(({ userId }) => userId) } : {};
    case 'nothing':
      return {};
  }
}

export async function findSubject(
  database: ClientBase,
  state: ConversationState,
  result: CommandResult & { ok: true },
): Promise<Subject> {
  if (result.messageId !== undefined) {
    const message = await findMessage(database, state.id, result.messageId);
    if (message === undefined) throw new Error(`message ${result.messageId} of a stored result is gone`);
    return { of: 'message', message };
  }
  const members = result.userIds && (await findMembers(database, state.id, result.userIds));
  if (isAboutMembers(result.event)) return { of: 'members', members: members ?? [] };
  return { of: 'conversation', conversation: { ...state.conversation }, ...(members ? { members } : {}) };
}

function isAboutMembers(event: ConversationEventName | null): boolean {
  return event?.startsWith('member.') ?? false;
}

export async function findMessage(
  database: ClientBase,
  conversationId: string,
  id: string,
): Promise<MessageRow | undefined> {
  const { rows } = await database.query<MessageRow>({
    name: 'find-message',
    text: `SELECT ${messageColumns} FROM messaging.messages m WHERE m.conversation_id = $1 AND m.id = $2`,
    values: [conversationId, id],
  });
  return rows[0];
}

/** Columns of a Member, of the table or alias `m`. */
export const memberColumns = `m.user_id AS "userId", m.role, m.joined_version AS "joinedVersion",
  m.left_version AS "leftVersion", m.visible_from_seq AS "visibleFromSeq"`;

export async function findMembers(
  database: ClientBase,
  conversationId: string,
  userIds: readonly string[],
): Promise<Member[]> {
  const { rows } = await database.query<Member>({
    name: 'find-members',
    text: `SELECT ${memberColumns} FROM messaging.members m
           WHERE m.conversation_id = $1 AND m.user_id = ANY ($2::uuid[]) ORDER BY m.user_id`,
    values: [conversationId, userIds],
  });
  return rows;
}
