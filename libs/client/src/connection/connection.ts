import { type Ack, type SessionClosed, type SessionReady, type SessionRenewed } from '@parley/contracts';
import { waitAfter } from '../backoff.js';
import { Emitter } from '../emitter.js';
import { noAnswer, RequestFailed } from '../failure.js';
import { Link, LinkRefused, type LinkEvents } from './link.js';
import { ServerClock } from './server-clock.js';
import { renewAfter } from './token-life.js';

/**
 * Gives an access token; `fresh` asks for another one than the last, which was refused or is about to end.
 * @throws RequestFailed that is not retryable to end the connection; after anything else it is asked again
 */
export type TokenProvider = (options: { fresh: boolean }) => Promise<string> | string;

/**
 * `connecting`: before the first session. `offline`: there is none right now, and it is being tried. `closed`: not
 * connected and not trying, before `connect()`, after `close()`, and when the server does not want this client.
 */
export type ConnectionState = 'connecting' | 'online' | 'offline' | 'closed';

export interface ConnectionOptions {
  /** The origin of the server, such as `https://chat.example`. */
  readonly url: string;
  readonly token: TokenProvider;
  /** Which device this is, as the token may say. */
  readonly deviceId: (token: string) => Promise<string>;
}

export interface ConnectionEvents {
  /** An event of a conversation or of a person, as it came. */
  event: { readonly name: string; readonly body: unknown };
  state: ConnectionState;
  /** A new session: everything since the last one may have been missed. */
  ready: SessionReady;
  /** An attempt to connect came to nothing, and why; it is being tried again. */
  trouble: Error;
  resync: undefined;
  lost: undefined;
  /** The server, or the token provider, does not want this client any more: it stays closed. */
  closed: SessionClosed;
}

const reconnecting = { firstMs: 200, mostMs: 5_000 };

/** Keeps one session alive: reconnects, renews the token, and moves to another gateway before the old one goes. */
export class Connection {
  readonly clock = new ServerClock();
  private readonly emitter = new Emitter<ConnectionEvents>();
  private current: ConnectionState = 'closed';
  private link: Link | null = null;
  private opening: Promise<void> | null = null;
  private renewal: ReturnType<typeof setTimeout> | undefined;
  private endPause: () => void = () => undefined;
  private waiting: (() => void)[] = [];

  constructor(private readonly options: ConnectionOptions) {}

  readonly on = this.emitter.on.bind(this.emitter);

  get state(): ConnectionState {
    return this.current;
  }

  get session(): SessionReady | null {
    return this.link?.session ?? null;
  }

  connect(): void {
    if (this.current !== 'closed') return;
    this.enter('connecting');
    // A browser knows when the network is back: no need to wait for the next try.
    globalThis.addEventListener?.('online', this.networkBack);
    this.open(0);
  }

  close(): void {
    this.enter('closed');
    globalThis.removeEventListener?.('online', this.networkBack);
    clearTimeout(this.renewal);
    this.endPause();
    this.link?.close();
    this.link = null;
    this.wake();
  }

  /** Resolves at once when there is a session, else with the next one, or when the connection is closed. */
  online(): Promise<void> {
    if (this.link) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  async request<Data>(command: string, body: object): Promise<Ack<Data>> {
    if (!this.link) return { ok: false, error: noAnswer('UNAVAILABLE', 'not connected', 'none') };
    return this.link.request<Data>(command, body);
  }

  /** @throws RequestFailed when the new token is refused or cannot be told, and whatever the token provider throws */
  async renew(): Promise<void> {
    const { link } = this;
    if (!link) return;
    const token = await this.options.token({ fresh: true });
    const answer = await link.request<SessionRenewed>('session.renew', { token });
    if (answer.ok) this.renewLater(token);
    else throw new RequestFailed(answer.error, true);
  }

  private readonly networkBack = (): void => this.endPause();

  private enter(state: ConnectionState): void {
    if (this.current === state) return;
    this.current = state;
    this.emitter.emit('state', state);
  }

  private wake(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** One attempt after the other until there is a session; never two loops at once. */
  private open(firstWaitMs: number): void {
    this.opening ??= this.openLoop(firstWaitMs).finally(() => {
      this.opening = null;
      // Closed and connected again while an attempt was on its way.
      if (this.current === 'connecting' && !this.link) this.open(0);
      // The server said at once that it goes away.
      const { reconnectAfterMs = null } = this.link ?? {};
      if (reconnectAfterMs !== null) this.open(reconnectAfterMs);
    });
  }

  private async openLoop(firstWaitMs: number): Promise<void> {
    if (firstWaitMs > 0) await this.pause(firstWaitMs);
    let fresh = false;
    for (let failures = 1; this.wanted(); failures += 1) {
      try {
        return await this.openOnce(fresh);
      } catch (error) {
        const refusal = error instanceof LinkRefused ? error.refusal : undefined;
        if (refusal && !refusal.retryable) {
          if (refusal.code !== 'UNAUTHENTICATED' || fresh) return this.giveUp(refusal);
          fresh = true;
        }
        if (!this.wanted()) return;
        if (error instanceof RequestFailed && !error.retryable) return this.giveUp(error.body);
        this.emitter.emit('trouble', error instanceof Error ? error : new Error(String(error)));
        if (this.wanted() && !this.link) this.enter('offline');
        await this.pause(waitAfter(reconnecting, failures, refusal?.retryAfterMs));
      }
    }
  }

  private wanted(): boolean {
    return this.current !== 'closed';
  }

  private async openOnce(fresh: boolean): Promise<void> {
    const { options } = this;
    const token = await options.token({ fresh });
    const deviceId = await options.deviceId(token);
    if (!this.wanted()) return;
    const link: Link = new Link(
      options.url,
      { token, deviceId },
      this.events(() => link),
    );
    const session = await link.open();
    if (!this.wanted()) return link.close();
    // Ended by what came with its first frames: why, the next handshake says.
    if (!link.alive) throw new LinkRefused('the session ended at once', undefined);
    const old = this.link;
    this.link = link;
    if (old) void old.finish();
    this.clock.learn(session.serverTime);
    this.renewLater(token);
    this.enter('online');
    this.emitter.emit('ready', session);
    this.wake();
  }

  private events(self: () => Link): LinkEvents {
    return {
      event: (name, body) => {
        if (this.wanted()) this.emitter.emit('event', { name, body });
      },
      resync: () => {
        if (this.link === self()) this.emitter.emit('resync', undefined);
      },
      draining: (reconnectAfterMs) => {
        if (this.wanted() && this.link === self()) this.open(reconnectAfterMs);
      },
      closed: (reason) => {
        if (this.link === self() && !reason.reconnect) this.giveUp(reason);
      },
      lost: () => this.lost(self()),
    };
  }

  private lost(link: Link): void {
    if (this.link !== link) return;
    this.link = null;
    clearTimeout(this.renewal);
    if (this.wanted()) this.enter('offline');
    this.emitter.emit('lost', undefined);
    if (!this.wanted()) return;
    this.endPause();
    this.open(waitAfter(reconnecting, 1));
  }

  private giveUp({ code, message }: { code: SessionClosed['code']; message: string }): void {
    const { link } = this;
    this.close();
    if (link) this.emitter.emit('lost', undefined);
    this.emitter.emit('closed', { code, message, reconnect: false });
  }

  private renewLater(token: string): void {
    clearTimeout(this.renewal);
    const milliseconds = renewAfter(token, this.clock.now() ?? Date.now());
    if (milliseconds === undefined) return;
    // The longest time that a timer can hold is 24.8 days.
    this.renewal = setTimeout(() => this.renewOrRetry(token), Math.min(milliseconds, 2 ** 31 - 1));
  }

  private renewOrRetry(token: string): void {
    this.renew().catch(() => {
      // The session lives on until its token ends; the server closes it then, and the next handshake says why.
      if (this.link) this.renewLater(token);
    });
  }

  private pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.endPause = () => undefined;
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      this.endPause = end;
    });
  }
}
