import { type Page, type User } from '@parley/contracts';
import { type Api } from './api.js';

/** `/v1/users`. */
export class Users {
  constructor(private readonly api: Api) {}

  me(): Promise<User> {
    return this.api.request('GET', '/v1/users/me');
  }

  get(id: string): Promise<User> {
    return this.api.request('GET', `/v1/users/${id}`);
  }

  rename(displayName: string): Promise<User> {
    return this.api.request('PATCH', '/v1/users/me', { body: { displayName } });
  }

  /** People whose username or display name begins with it. */
  search(search: string, cursor?: string): Promise<Page<User>> {
    return this.api.request('GET', '/v1/users', { query: { search, cursor } });
  }
}
