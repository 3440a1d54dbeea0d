import { Socket as Engine } from 'engine.io-client';

/** What a socket tells whoever opened it. */
export interface SocketEvents {
  event(name: string, body: unknown): void;
  /** The server does not accept the handshake. */
  refused(message: string, data: unknown): void;
  /** The connection is gone, or never came to be. */
  gone(reason: string): void;
}

/** Packets of the socket.io protocol, version 5, in the default namespace. */
const CONNECT = '0';
const DISCONNECT = '1';
const EVENT = '2';
const ACK = '3';
const CONNECT_ERROR = '4';

/**
 * The part of socket.io that the gateway speaks (JSON, one namespace, websocket only) over one engine.io connection.
 * Reconnecting, buffering and polling, which are most of a full socket.io client, are not wanted here: the connection
 * above opens another socket instead, and the outbox repeats.
 */
export class SessionSocket {
  private readonly engine: Engine;
  private readonly waiting = new Map<number, (answer: unknown) => void>();
  private lastRequest = 0;
  private closed = false;

  constructor(
    url: string,
    auth: object,
    private readonly events: SocketEvents,
  ) {
    this.engine = new Engine(url, { path: '/socket.io', transports: ['websocket'] });
    this.engine.on('open', () => this.engine.send(CONNECT + JSON.stringify(auth)));
    this.engine.on('message', (data: unknown) => {
      if (!this.closed && typeof data === 'string') this.packet(data);
    });
    this.engine.on('close', (reason) => this.gone(reason));
  }

  get open(): boolean {
    return !this.closed;
  }

  /** Requests without an answer yet. */
  get unanswered(): number {
    return this.waiting.size;
  }

  /**
   * Resolves with the answer.
   * @throws Error when there is none in time, or the connection is gone before
   */
  request(name: string, body: object, timeoutMs: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(new Error('not connected'));
      const id = ++this.lastRequest;
      const settle = (settled: () => void): void => {
        clearTimeout(timer);
        this.waiting.delete(id);
        settled();
      };
      const timer = setTimeout(() => settle(() => reject(new Error('no answer in time'))), timeoutMs);
      this.waiting.set(id, (answer) =>
        settle(() => (answer instanceof Error ? reject(answer) : resolve(answer))),
      );
      this.engine.send(EVENT + id + JSON.stringify([name, body]));
    });
  }

  close(): void {
    if (this.closed) return;
    this.engine.send(DISCONNECT);
    this.closed = true;
    this.engine.close();
    this.loseRequests('closed');
  }

  private packet(data: string): void {
    const [, type = '', id = '', json = ''] = /^(\d)(\d*)(.*)$/s.exec(data) ?? [];
    const body: unknown = json === '' ? undefined : JSON.parse(json);
    if (type === EVENT) {
      const [name, argument] = body as [string, unknown];
      this.events.event(name, argument);
    } else if (type === ACK) {
      this.waiting.get(Number(id))?.((body as [unknown])[0]);
    } else if (type === CONNECT_ERROR) {
      const { message, data: details } = body as { message: string; data?: unknown };
      this.events.refused(message, details);
    } else if (type === DISCONNECT) {
      this.engine.close();
    }
  }

  private gone(reason: string): void {
    if (this.closed) return;
    this.closed = true;
    this.loseRequests(reason);
    this.events.gone(reason);
  }

  /** Nobody knows what became of them. */
  private loseRequests(reason: string): void {
    for (const answer of [...this.waiting.values()]) answer(new Error(`no answer: ${reason}`));
  }
}
