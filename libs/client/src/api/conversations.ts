import {
  type Conversation,
  type ConversationUpdate,
  type HistoryForNewMembers,
  type ListedConversation,
  type Member,
  type MemberRole,
  type Message,
  type MessageChanged,
  type MessageSend,
  type MessageSent,
  type Page,
  type Reader,
  type Receipt,
  type SyncOverview,
  type SyncResponse,
} from '@parley/contracts';
import { mintId } from '../ids.js';
import { type Api } from './api.js';

export interface NewGroup {
  readonly id?: string;
  readonly name: string;
  /** Without oneself. */
  readonly memberIds: readonly string[];
  readonly historyForNewMembers?: HistoryForNewMembers;
}

export interface HistoryRange {
  readonly beforeSeq?: number;
  readonly afterSeq?: number;
  readonly limit?: number;
}

const pathOf = (conversationId: string): string => `/v1/conversations/${conversationId}`;

/** `/v1/conversations` and `/v1/sync`. Writes take the id under which a repetition is the same change. */
export class Conversations {
  constructor(private readonly api: Api) {}

  createDirect(userId: string, commandId = mintId()): Promise<Conversation> {
    const body = { kind: 'direct', userId };
    return this.api.request('POST', '/v1/conversations', { body, idempotencyKey: commandId });
  }

  createGroup(group: NewGroup, commandId = mintId()): Promise<Conversation> {
    const body = { kind: 'group', ...group, id: group.id ?? mintId() };
    return this.api.request('POST', '/v1/conversations', { body, idempotencyKey: commandId });
  }

  list(cursor?: string, limit?: number): Promise<Page<ListedConversation>> {
    return this.api.request('GET', '/v1/conversations', { query: { cursor, limit } });
  }

  get(conversationId: string): Promise<ListedConversation> {
    return this.api.request('GET', pathOf(conversationId));
  }

  update(conversationId: string, body: ConversationUpdate, commandId = mintId()): Promise<Conversation> {
    return this.api.request('PATCH', pathOf(conversationId), { body, idempotencyKey: commandId });
  }

  members(conversationId: string, cursor?: string, limit?: number): Promise<Page<Member>> {
    return this.api.request('GET', `${pathOf(conversationId)}/members`, { query: { cursor, limit } });
  }

  addMembers(conversationId: string, userIds: readonly string[], commandId = mintId()): Promise<unknown> {
    const path = `${pathOf(conversationId)}/members`;
    return this.api.request('POST', path, { body: { userIds }, idempotencyKey: commandId });
  }

  setRole(conversationId: string, userId: string, role: MemberRole, commandId = mintId()): Promise<unknown> {
    const path = `${pathOf(conversationId)}/members/${userId}`;
    return this.api.request('PATCH', path, { body: { role }, idempotencyKey: commandId });
  }

  /** Removing oneself is leaving. */
  removeMember(conversationId: string, userId: string, commandId = mintId()): Promise<unknown> {
    const path = `${pathOf(conversationId)}/members/${userId}`;
    return this.api.request('DELETE', path, { idempotencyKey: commandId });
  }

  messages(conversationId: string, range: HistoryRange = {}): Promise<Page<Message>> {
    return this.api.request('GET', `${pathOf(conversationId)}/messages`, { query: { ...range } });
  }

  /** Who has read a message: members now who may see it, without who wrote it. */
  readers(conversationId: string, seq: number, cursor?: string, limit?: number): Promise<Page<Reader>> {
    const path = `${pathOf(conversationId)}/messages/${seq}/readers`;
    return this.api.request('GET', path, { query: { cursor, limit } });
  }

  /** How far each member has come, oneself too. */
  receipts(conversationId: string, cursor?: string, limit?: number): Promise<Page<Receipt>> {
    return this.api.request('GET', `${pathOf(conversationId)}/receipts`, { query: { cursor, limit } });
  }

  send({ conversationId, ...body }: MessageSend): Promise<MessageSent> {
    return this.api.request('POST', `${pathOf(conversationId)}/messages`, { body });
  }

  edit(conversationId: string, id: string, text: string, commandId = mintId()): Promise<MessageChanged> {
    const path = `${pathOf(conversationId)}/messages/${id}`;
    return this.api.request('PATCH', path, { body: { text }, idempotencyKey: commandId });
  }

  delete(conversationId: string, id: string, commandId = mintId()): Promise<MessageChanged> {
    const path = `${pathOf(conversationId)}/messages/${id}`;
    return this.api.request('DELETE', path, { idempotencyKey: commandId });
  }

  /** @param since the `next` of the answer before; without it, everything is told */
  overview(since?: string): Promise<SyncOverview> {
    return this.api.request('GET', '/v1/sync', { query: { since } });
  }

  /** @param cursors conversation id to the last version held; at most 200 */
  sync(cursors: Record<string, number>): Promise<SyncResponse> {
    return this.api.request('POST', '/v1/sync', { body: { cursors } });
  }
}
