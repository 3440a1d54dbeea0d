import { openWebSocket } from '#web-socket';

/** What a socket tells whoever opened it. */
export interface SocketEvents {
  event(name: string, body: unknown): void;
  /** The server does not accept the handshake. */
  refused(message: string, data: unknown): void;
  /** The connection is gone, or never came to be. */
  gone(reason: string): void;
}

/** Packets of engine.io, version 4: the first letter of each frame. */
const [OPEN, CLOSE, PING, PONG, MESSAGE] = ['0', '1', '2', '3', '4'];
/** Packets of socket.io, version 5, in the default namespace: the letter after MESSAGE. */
const [CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR] = ['0', '1', '2', '3', '4'];

const address = (url: string): string => {
  const { protocol, host } = new URL(url);
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/socket.io/?EIO=4&transport=websocket`;
};

/**
 * The part of socket.io that the gateway speaks: JSON, one namespace, websocket only. Reconnecting, buffering and
 * polling, which are most of a full socket.io client, are not wanted here: the connection above opens another socket
 * instead, and the outbox repeats.
 */
export class SessionSocket {
  private readonly socket: WebSocket;
  private readonly waiting = new Map<number, (answer: unknown) => void>();
  private lastRequest = 0;
  private closed = false;
  /** How long the server may be silent: it pings. */
  private silenceMs = 0;
  private silence: ReturnType<typeof setTimeout> | undefined;

  constructor(
    url: string,
    private readonly auth: object,
    private readonly events: SocketEvents,
  ) {
    this.socket = openWebSocket(address(url));
    this.socket.onmessage = ({ data }) => this.frame(String(data));
    this.socket.onclose = () => this.gone('the connection was closed');
    this.socket.onerror = () => this.gone('the connection failed');
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
      const id = ++this.lastRequest;
      const settle = (answer: unknown): void => {
        clearTimeout(timer);
        this.waiting.delete(id);
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      };
      const timer = setTimeout(() => settle(new Error('no answer in time')), timeoutMs);
      this.waiting.set(id, settle);
      this.socket.send(`${MESSAGE}${EVENT}${id}${JSON.stringify([name, body])}`);
    });
  }

  close(): void {
    if (this.closed) return;
    // A socket that is still opening cannot say so.
    if (this.socket.readyState === 1) this.socket.send(`${MESSAGE}${DISCONNECT}`);
    this.end('closed');
  }

  private frame(frame: string): void {
    if (this.closed) return;
    const [packet, rest] = [frame[0], frame.slice(1)];
    this.heard();
    if (packet === MESSAGE) this.packet(rest);
    else if (packet === PING) this.socket.send(`${PONG}`);
    else if (packet === CLOSE) this.gone('the server closed the connection');
    else if (packet === OPEN) {
      const { pingInterval, pingTimeout } = JSON.parse(rest) as { pingInterval: number; pingTimeout: number };
      this.silenceMs = pingInterval + pingTimeout;
      this.heard();
      this.socket.send(`${MESSAGE}${CONNECT}${JSON.stringify(this.auth)}`);
    }
  }

  private packet(packet: string): void {
    const [, type, id, json = ''] = /^(\d)(\d*)(.*)$/s.exec(packet) ?? [];
    if (type === DISCONNECT) return this.gone('the server ended the session');
    const body: unknown = json === '' ? undefined : JSON.parse(json);
    if (type === EVENT) {
      const [name, argument] = body as [string, unknown];
      this.events.event(name, argument);
    } else if (type === ACK) {
      this.waiting.get(Number(id))?.((body as [unknown])[0]);
    } else if (type === CONNECT_ERROR) {
      const { message, data } = body as { message: string; data?: unknown };
      this.events.refused(message, data);
    }
  }

  private heard(): void {
    clearTimeout(this.silence);
    if (this.silenceMs > 0) this.silence = setTimeout(() => this.gone('no ping in time'), this.silenceMs);
  }

  private gone(reason: string): void {
    if (this.closed) return;
    this.end(reason);
    this.events.gone(reason);
  }

  private end(reason: string): void {
    this.closed = true;
    clearTimeout(this.silence);
    this.socket.close();
    // Nobody knows what became of these.
    for (const answer of [...this.waiting.values()]) answer(new Error(`no answer: ${reason}`));
  }
}
