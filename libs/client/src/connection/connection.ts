import { type Ack, type SessionClosed, type SessionReady, type SocketCommandData } from '@parley/contracts';
import { waitAfter } from '../backoff.js';
import { type ConversationEvent } from '../conversations/conversation-state.js';
import { Emitter } from '../emitter.js';
import { noAnswer, RequestFailed } from '../failure.js';
import { type Attempt, type CommandLink, type ConversationCommand } from '../outbox/outbox.js';
import { Link, LinkRefused, type LinkEvents } from './link.js';
import { renewAfter } from './token-life.js';

/** Gives an access token; `fresh` asks for another one than the last, which was refused or is about to end. */
export type TokenProvider = (options: { fresh: boolean }) => Promise<string> | string;

export interface ConnectionOptions {
  /** The origin of the server, such as `https://chat.example`. */
  readonly url: string;
  readonly deviceId: string;
  readonly token: TokenProvider;
}

export interface ConnectionEvents {
  event: ConversationEvent;
  /** A new session: everything since the last one may have been missed. */
  ready: SessionReady;
  resync: undefined;
  lost: undefined;
  /** The server, or the token provider, does not want this client any more: it stays closed. */
  closed: SessionClosed;
}

const reconnecting = { firstMs: 200, mostMs: 5_000 };

/** Keeps one session alive: reconnects, renews the token, and moves to another gateway before the old one goes. */
export class Connection implements CommandLink {
  private readonly emitter = new Emitter<ConnectionEvents>();
  private link: Link | null = null;
  private wanted = false;
  private opening: Promise<void> | null = null;
  private renewal: ReturnType<typeof setTimeout> | undefined;
  private pause: { timer: ReturnType<typeof setTimeout>; end: () => void } | null = null;
  private waiting: (() => void)[] = [];

  constructor(private readonly options: ConnectionOptions) {}

  readonly on = this.emitter.on.bind(this.emitter);

  get session(): SessionReady | null {
    return this.link?.session ?? null;
  }

  connect(): void {
    if (this.wanted) return;
    this.wanted = true;
    this.open(0);
  }

  close(): void {
    this.wanted = false;
    clearTimeout(this.renewal);
    this.endPause();
    this.link?.close();
    this.link = null;
    this.wake();
  }

  /** Resolves at once when there is a session, else with the next one, or when the connection is closed for good. */
  online(): Promise<void> {
    if (this.link || !this.wanted) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  async attempt<Name extends ConversationCommand>(
    attempt: Attempt<Name>,
  ): Promise<Ack<SocketCommandData<Name>>> {
    if (!this.link) return { ok: false, error: noAnswer('UNAVAILABLE', 'not connected', 'none') };
    return this.link.attempt(attempt);
  }

  async renew(): Promise<void> {
    const link = this.link;
    if (!link) return;
    const token = await this.options.token({ fresh: true });
    const answer = await link.renew(token);
    if (answer.ok) this.renewLater(token);
    else if (!answer.error.retryable) throw new RequestFailed(answer.error, true);
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
    });
  }

  private async openLoop(firstWaitMs: number): Promise<void> {
    if (firstWaitMs > 0) await this.sleep(firstWaitMs);
    let fresh = false;
    for (let failures = 1; this.wanted; failures += 1) {
      try {
        await this.openOnce(fresh);
        return;
      } catch (error) {
        const refusal = error instanceof LinkRefused ? error.refusal : undefined;
        if (refusal && !refusal.retryable) {
          if (refusal.code !== 'UNAUTHENTICATED' || fresh) return this.giveUp(refusal);
          fresh = true;
        }
        await this.sleep(waitAfter(reconnecting, failures, refusal?.retryAfterMs));
      }
    }
  }

  private async openOnce(fresh: boolean): Promise<void> {
    const token = await this.options.token({ fresh });
    const link: Link = new Link(
      this.options.url,
      { token, deviceId: this.options.deviceId },
      this.events(() => link),
    );
    const session = await link.open();
    if (!this.wanted) return link.close();
    const old = this.link;
    this.link = link;
    if (old) void old.finish();
    this.renewLater(token);
    this.emitter.emit('ready', session);
    this.wake();
  }

  private events(self: () => Link): LinkEvents {
    return {
      event: (event) => this.emitter.emit('event', event),
      resync: () => this.emitter.emit('resync', undefined),
      draining: (reconnectAfterMs) => {
        if (this.wanted && this.link === self()) this.open(reconnectAfterMs);
      },
      closed: (reason) => {
        if (this.link === self() && !reason.reconnect) this.giveUp({ ...reason });
      },
      lost: () => this.lost(self()),
    };
  }

  private lost(link: Link): void {
    if (this.link !== link) return;
    this.link = null;
    clearTimeout(this.renewal);
    this.emitter.emit('lost', undefined);
    if (!this.wanted) return;
    this.endPause();
    this.open(waitAfter(reconnecting, 1));
  }

  private giveUp({ code, message }: { code: SessionClosed['code']; message: string }): void {
    this.close();
    this.emitter.emit('closed', { code, message, reconnect: false });
  }

  private renewLater(token: string): void {
    clearTimeout(this.renewal);
    const milliseconds = renewAfter(token, Date.now());
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

  private sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.pause = null;
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      this.pause = { timer, end };
    });
  }

  private endPause(): void {
    this.pause?.end();
  }
}
