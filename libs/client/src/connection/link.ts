import {
  type Ack,
  type ConnectErrorData,
  type SessionClosed,
  type SessionDraining,
  type SessionReady,
} from '@parley/contracts';
import { timing } from '@parley/contracts/constants';
import { noAnswer } from '../failure.js';
import { SessionSocket } from './session-socket.js';

/** What a link tells the connection that opened it. */
export interface LinkEvents {
  /** An event of a conversation or of a person, by its name on the wire. */
  event(name: string, body: unknown): void;
  resync(): void;
  draining(reconnectAfterMs: number): void;
  closed(reason: SessionClosed): void;
  /** The socket is gone, for whatever reason; told once, and only after it was ready. */
  lost(): void;
}

/** A handshake that was refused, or a server that cannot be reached. */
export class LinkRefused extends Error {
  constructor(
    message: string,
    /** Absent where nothing answered. */
    readonly refusal: ConnectErrorData | undefined,
  ) {
    super(message);
    this.name = 'LinkRefused';
  }
}

const HANDSHAKE_TIMEOUT_MS = 10_000;

/** One session, from its handshake to its end. It never reconnects: the connection opens another link instead. */
export class Link {
  session: SessionReady | null = null;
  /** What the server asked for, if it is going away. */
  reconnectAfterMs: number | null = null;
  private socket: SessionSocket | null = null;

  constructor(
    private readonly url: string,
    private readonly auth: { token: string; deviceId: string },
    private readonly events: LinkEvents,
  ) {}

  /** @throws LinkRefused */
  open(): Promise<SessionReady> {
    return new Promise((resolve, reject) => {
      const fail = (message: string, data?: unknown): void => {
        clearTimeout(timer);
        this.close();
        reject(new LinkRefused(message, data as ConnectErrorData | undefined));
      };
      const timer = setTimeout(() => fail('no session in time'), HANDSHAKE_TIMEOUT_MS);
      this.socket = new SessionSocket(this.url, this.auth, {
        event: (name, body) => {
          if (name !== 'session.ready') return this.event(name, body);
          clearTimeout(timer);
          this.session = body as SessionReady;
          resolve(this.session);
        },
        refused: fail,
        gone: (reason) => (this.session ? this.events.lost() : fail(reason)),
      });
    });
  }

  /** Still there: what came with the first frames may have ended it before anybody could look. */
  get alive(): boolean {
    return this.socket?.open === true;
  }

  /** Sends once. A lost connection or a late answer is an answer too: nobody knows what became of it. */
  async request<Data>(command: string, body: object): Promise<Ack<Data>> {
    if (!this.socket?.open) return { ok: false, error: noAnswer('UNAVAILABLE', 'not connected', 'none') };
    try {
      return (await this.socket.request(command, body, timing.clientAckTimeoutMs)) as Ack<Data>;
    } catch (error) {
      const message = error instanceof Error ? error.message : 'no answer';
      return { ok: false, error: noAnswer('TIMEOUT', message, 'unknown') };
    }
  }

  /** Waits for what is on its way, then closes. */
  async finish(): Promise<void> {
    const pauses = timing.clientAckTimeoutMs / 50;
    for (let pause = 0; pause < pauses && (this.socket?.unanswered ?? 0) > 0; pause += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    this.close();
  }

  close(): void {
    this.socket?.close();
  }

  private event(name: string, body: unknown): void {
    if (name === 'session.resync') this.events.resync();
    else if (name === 'session.draining') {
      this.reconnectAfterMs = (body as SessionDraining).reconnectAfterMs;
      this.events.draining(this.reconnectAfterMs);
    } else if (name === 'session.closed') this.events.closed(body as SessionClosed);
    else this.events.event(name, body);
  }
}
