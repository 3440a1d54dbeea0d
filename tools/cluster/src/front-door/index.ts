import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { forwardRequest, forwardUpgrade } from './forward.js';
import { Routes, type Route } from './routes.js';

export {
  GATEWAY_PREFIXES,
  MESSAGE_PREFIXES,
  PRESENCE_PREFIXES,
  type Route,
  type Upstream,
} from './routes.js';

export interface FrontDoorOptions {
  routes: readonly Route[];
  /** 0 or absent: any free one. */
  port?: number;
}

export interface FrontDoor {
  readonly port: number;
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * One origin for clients: HTTP and WebSocket by path prefix, to the processes of each service in turn. For
 * development and tests; a deployment has an ingress of its own.
 */
export async function startFrontDoor(options: FrontDoorOptions): Promise<FrontDoor> {
  const routes = new Routes(options.routes);
  const server = createServer((request, response) => void forwardRequest(request, response, routes));
  const upgraded = new Set<Socket>();
  server.on('upgrade', (request, socket: Socket, head) => {
    upgraded.add(socket);
    socket.once('close', () => upgraded.delete(socket));
    void forwardUpgrade(request, socket, head, routes);
  });
  server.listen({ port: options.port ?? 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.close();
      for (const socket of upgraded) socket.destroy();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
