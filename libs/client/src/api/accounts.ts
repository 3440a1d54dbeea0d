import {
  type Credentials,
  type Login,
  type Page,
  type Profile,
  type Register,
  type User,
  type UserUpdate,
} from '@parley/contracts';
import { type Api } from './api.js';

/** `/v1/auth` and `/v1/users`. */
export class Accounts {
  constructor(private readonly api: Api) {}

  register(body: Register): Promise<Credentials> {
    return this.api.request('POST', '/v1/auth/register', { body });
  }

  login(body: Login): Promise<Credentials> {
    return this.api.request('POST', '/v1/auth/login', { body });
  }

  refresh(refreshToken: string): Promise<Credentials> {
    return this.api.request('POST', '/v1/auth/refresh', { body: { refreshToken } });
  }

  /** Ends the device that the token was given to. */
  logout(refreshToken: string): Promise<void> {
    return this.api.request('POST', '/v1/auth/logout', { body: { refreshToken } });
  }

  me(): Promise<Profile> {
    return this.api.request('GET', '/v1/users/me');
  }

  user(id: string): Promise<User> {
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
