import type { IncomingMessage } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { Server, ServerOptions } from 'socket.io';
import { GatewayConfig } from '../config.js';

/** A dead connection is noticed after both: so nobody stays online for long after they are gone. */
const pingIntervalMs = 10_000;
const pingTimeoutMs = 5_000;
/** For a connection that never says who it is. */
const connectTimeoutMs = 10_000;

/** engine.io's connections, which its types hide; `socket` is ws' own. */
interface Engine {
  readonly clients: Record<string, { transport: { socket?: { terminate(): void } } }>;
}

/** Lets the gateway of this application listen for sockets on the application's own HTTP server. */
export function useSockets(app: INestApplication): void {
  app.useWebSocketAdapter(new SocketServerAdapter(app, app.get(GatewayConfig)));
}

/** Nest's adapter with our options, and without what it does per socket for handlers that we do not have. */
class SocketServerAdapter extends IoAdapter {
  constructor(
    app: INestApplication,
    private readonly config: GatewayConfig,
  ) {
    super(app);
  }

  override createIOServer(port: number, options?: Partial<ServerOptions>): Server {
    const all = { ...options, ...this.options() } as ServerOptions;
    const server: Server = super.createIOServer(port, all);
    server.adapter(withoutRooms(server));
    return server;
  }

  private options(): Partial<ServerOptions> {
    return {
      transports: ['websocket'],
      serveClient: false,
      maxHttpBufferSize: this.config.limits.frameBytes,
      pingInterval: pingIntervalMs,
      pingTimeout: pingTimeoutMs,
      connectTimeout: connectTimeoutMs,
      // 250 KB per connection, several times the CPU, and frames could not be shared.
      perMessageDeflate: false,
      allowRequest: (request, answer) => {
        if (isAllowedOrigin(request, this.config.allowedOrigins)) answer(null, true);
        else answer('The origin of this page is not allowed here: see ALLOWED_ORIGINS.', false);
      },
    };
  }

  /** Sessions were closed before; what is left never said who it is, and need not be waited for. */
  override async close(server: Server): Promise<void> {
    const { clients } = server.engine as unknown as Engine;
    for (const { transport } of Object.values(clients)) transport.socket?.terminate();
    await super.close(server);
  }

  /** All commands of a socket go to one dispatcher, not to handlers of Nest. */
  override bindMessageHandlers(): void {
    return;
  }

  /** The session listens itself: it needs the reason's details, too. */
  override bindClientDisconnect(): void {
    return;
  }
}

/**
 * Browsers name the page that connects; others send no origin and cannot be tricked into connecting. The gateway's
 * own host is no foreign page.
 */
export function isAllowedOrigin(
  { headers }: Pick<IncomingMessage, 'headers'>,
  allowed: readonly string[],
): boolean {
  const { origin, host } = headers;
  if (origin === undefined || allowed.includes('*') || allowed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

/** Rooms cost each socket two sets and two map entries; deliveries name their sockets. */
function withoutRooms(server: Server) {
  // The type says that it may return a server: that is the setter.
  const InMemoryAdapter = server.adapter() as new (namespace: unknown) => object;
  return class extends InMemoryAdapter {
    addAll(): void {
      return;
    }

    delAll(): void {
      return;
    }
  } as unknown as Parameters<Server['adapter']>[0];
}
