import { type Credentials, type Login, type Register } from '@parley/contracts';
import { type TokenProvider } from '../connection/connection.js';
import { RequestFailed } from '../failure.js';
import { Api } from './api.js';

/** `/v1/auth`: for servers that keep the passwords themselves. */
export class Auth {
  private readonly api: Api;

  /** @param url the origin of the server */
  constructor(url: string) {
    this.api = new Api({ url, token: () => null });
  }

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

  /**
   * Hands out the access token of a login and gets another one in time.
   * @param changed keep the new credentials: a refresh token is good for one use
   */
  tokenProvider(
    credentials: Credentials,
    changed: (next: Credentials) => void = () => undefined,
  ): TokenProvider {
    let held = credentials;
    let receivedAt = performance.now();
    let refreshing: Promise<Credentials> | null = null;
    const old = (): boolean => performance.now() - receivedAt > held.expiresIn * 1000 * MOST_OF_ITS_LIFE;
    const refresh = async (): Promise<Credentials> => {
      held = await this.refresh(held.refreshToken);
      receivedAt = performance.now();
      changed(held);
      return held;
    };
    return async ({ fresh }) => {
      if (!fresh && !old()) return held.accessToken;
      refreshing ??= refresh().finally(() => (refreshing = null));
      try {
        return (await refreshing).accessToken;
      } catch (error) {
        // Refused: the server says so of the old token as well, to whoever shows it. Away: the old one may still do.
        if (error instanceof RequestFailed && error.retryable && fresh) throw error;
        return held.accessToken;
      }
    };
  }
}

const MOST_OF_ITS_LIFE = 0.9;
