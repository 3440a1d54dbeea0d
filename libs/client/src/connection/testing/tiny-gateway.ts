import { type SessionReady } from '@parley/contracts';
import { EventEmitter, once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** One client's socket, as a gateway sees it: engine.io and socket.io frames written by hand. */
export class GatewaySocket {
  /** Names of the requests that came, with their bodies. */
  readonly requests: [string, Record<string, unknown>][] = [];
  auth: { token?: string; deviceId?: string } = {};
  readonly closed: Promise<unknown>;
  private readonly heard = new EventEmitter();

  constructor(private readonly socket: WebSocket) {
    this.closed = once(socket, 'close');
  }

  hear(name: string, body: Record<string, unknown>): void {
    this.requests.push([name, body]);
    this.heard.emit(name);
  }

  /** Resolves when such a request has come. */
  async requested(name: string): Promise<void> {
    if (!this.requests.some(([each]) => each === name)) await once(this.heard, name);
  }

  emit(name: string, body: unknown): void {
    this.socket.send(`42${JSON.stringify([name, body])}`);
  }

  answer(id: string, data: unknown): void {
    this.socket.send(`43${id}${JSON.stringify([data])}`);
  }

  refuse(code: string): void {
    this.socket.send(
      `44${JSON.stringify({ message: code, data: { code, message: code, retryable: false } })}`,
    );
  }

  /** Ends the session, not the connection. */
  end(): void {
    this.socket.send('41');
  }

  cut(): void {
    this.socket.terminate();
  }
}

export interface GatewayOptions {
  /** What it says the time is, in milliseconds. */
  readonly now?: () => number;
  readonly refuses?: (token: string) => string | undefined;
  readonly userOf?: (token: string) => string;
  /** What it says at the beginning of its first session, its second, and so on; `ready` says that it is. */
  readonly greets?: (socket: GatewaySocket, number: number, ready: () => void) => void;
  /** Which requests it answers, by their name: all by default. */
  readonly answers?: (name: string) => boolean;
}

/** A gateway that speaks the wire, and does what the test says. */
export class TinyGateway {
  readonly sockets: GatewaySocket[] = [];
  private readonly server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  private arrivals: (() => void)[] = [];

  constructor(private readonly options: GatewayOptions = {}) {
    this.server.on('connection', (socket) => this.accept(socket));
  }

  async url(): Promise<string> {
    if (!this.server.address()) await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async socketNumber(number: number): Promise<GatewaySocket> {
    for (;;) {
      const socket = this.sockets[number - 1];
      if (socket) return socket;
      await new Promise<void>((resolve) => this.arrivals.push(resolve));
    }
  }

  close(): void {
    for (const client of this.server.clients) client.terminate();
    this.server.close();
  }

  private accept(socket: WebSocket): void {
    const session = new GatewaySocket(socket);
    socket.send('0{"sid":"s","upgrades":[],"pingInterval":10000,"pingTimeout":5000,"maxPayload":1000000}');
    socket.on('message', (data: Buffer) => {
      const [, type, id = '', json] = /^4(\d)(\d*)(.*)$/s.exec(data.toString()) ?? [];
      if (type === '0') this.begin(session, JSON.parse(json ?? '{}') as GatewaySocket['auth']);
      if (type !== '2') return;
      const [name, body] = JSON.parse(json ?? '[]') as [string, Record<string, unknown>];
      session.hear(name, body);
      if (this.options.answers?.(name) === false) return;
      const expiresAt = new Date(this.now() + 900_000).toISOString();
      session.answer(id, { ok: true, data: name === 'session.renew' ? { expiresAt } : {} });
    });
  }

  private begin(session: GatewaySocket, auth: GatewaySocket['auth']): void {
    session.auth = auth;
    const refusal = this.options.refuses?.(auth.token ?? '');
    if (refusal !== undefined) return session.refuse(refusal);
    const ready: SessionReady = {
      sessionId: `gateway-0/1/${this.sockets.length}`,
      userId: this.options.userOf?.(auth.token ?? '') ?? 'me',
      deviceId: auth.deviceId ?? '',
      serverTime: new Date(this.now()).toISOString(),
      limits: { textLength: 1, frameBytes: 1, commandsPerSecond: 1, commandBurst: 1, inFlightPerSocket: 1 },
    };
    this.sockets.push(session);
    const greet = (): void => session.emit('session.ready', ready);
    if (this.options.greets) this.options.greets(session, this.sockets.length, greet);
    else greet();
    for (const arrived of this.arrivals.splice(0)) arrived();
  }

  private now(): number {
    return this.options.now?.() ?? Date.now();
  }
}
