import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { carry, Line } from './link.js';

export interface TcpProxyOptions {
  target: { host: string; port: number };
  /** 0 or absent: any free one. */
  port?: number;
}

/**
 * A network link that can break, for fault tests: what connects to `port` of 127.0.0.1 talks to the target until the
 * link is cut, delayed or throttled.
 */
export class TcpProxy {
  private readonly connections = new Set<Socket>();
  private readonly line = new Line();
  private refusing = false;

  private constructor(
    private readonly server: Server,
    private readonly target: TcpProxyOptions['target'],
  ) {
    server.on('connection', (client) => void this.connect(client));
  }

  static async start(options: TcpProxyOptions): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    const proxy = new TcpProxy(server, options.target);
    server.listen({ host: '127.0.0.1', port: options.port ?? 0 });
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** How many sockets are open, both sides counted. */
  get openSockets(): number {
    return this.connections.size;
  }

  /**
   * `reset`: all connections are reset, and so is each new one. `silent`: connections stay open on both sides but
   * nothing passes, neither bytes nor ends, as when a cable is pulled; what was sent arrives after `heal`.
   */
  cut(kind: 'reset' | 'silent'): void {
    if (kind === 'silent') return this.line.close();
    this.refusing = true;
    for (const socket of this.connections) socket.resetAndDestroy();
  }

  /** The link passes again; delay and throttle stay as they are. */
  heal(): void {
    this.refusing = false;
    this.line.open();
  }

  /** Each byte sent from now on arrives this much later; order is kept and throughput is not reduced. */
  delay(milliseconds: number): void {
    this.line.delayMs = milliseconds;
  }

  /** For each connection and direction; Infinity: as fast as it goes. */
  throttle(bytesPerSecond: number): void {
    this.line.bytesPerSecond = bytesPerSecond;
  }

  async stop(): Promise<void> {
    this.refusing = true;
    this.line.open();
    for (const socket of this.connections) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private async connect(client: Socket): Promise<void> {
    this.keep(client);
    if (this.refusing) return void client.resetAndDestroy();
    await this.line.whenOpen();
    if (client.destroyed) return;
    const target = createConnection({ ...this.target, allowHalfOpen: true, noDelay: true });
    this.keep(target);
    await Promise.all([carry(client, target, this.line), carry(target, client, this.line)]);
  }

  private keep(socket: Socket): void {
    this.connections.add(socket);
    // An error is told to the other side by `carry`; without a listener it would end this process.
    socket.on('error', () => undefined);
    socket.on('close', () => this.connections.delete(socket));
  }
}
