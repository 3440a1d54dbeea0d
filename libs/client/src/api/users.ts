import { type Block, type Page, type Profile, type User, type UserUpdate } from '@parley/contracts';
import { mintId } from '../ids.js';
import { type Api } from './api.js';

/** `/v1/users`. */
export class Users {
  constructor(private readonly api: Api) {}

  me(): Promise<Profile> {
    return this.api.request('GET', '/v1/users/me');
  }

  get(id: string): Promise<User> {
    return this.api.request('GET', `/v1/users/${id}`);
  }

  /** Changes one's display name, one's privacy, or both. */
  update(body: UserUpdate): Promise<Profile> {
    return this.api.request('PATCH', '/v1/users/me', { body });
  }

  /** Takes no more direct messages of them, and sends them none. */
  block(userId: string, commandId = mintId()): Promise<void> {
    return this.api.request('PUT', `/v1/users/me/blocks/${userId}`, { idempotencyKey: commandId });
  }

  unblock(userId: string, commandId = mintId()): Promise<void> {
    return this.api.request('DELETE', `/v1/users/me/blocks/${userId}`, { idempotencyKey: commandId });
  }

  /** Most recent first. */
  blocks(cursor?: string, limit?: number): Promise<Page<Block>> {
    return this.api.request('GET', '/v1/users/me/blocks', { query: { cursor, limit } });
  }

  search(search: string, cursor?: string): Promise<Page<User>> {
    return this.api.request('GET', '/v1/users', { query: { search, cursor } });
  }
}
