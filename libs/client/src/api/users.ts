import { type Page, type Profile, type User, type UserUpdate } from '@parley/contracts';
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

  search(search: string, cursor?: string): Promise<Page<User>> {
    return this.api.request('GET', '/v1/users', { query: { search, cursor } });
  }
}
