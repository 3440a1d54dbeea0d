import { createConnection, type Socket } from 'node:net';
import type { Routes, Upstream } from './routes.js';

/** A process that does not even take the connection in this time is treated like one that refuses it. */
const CONNECT_WITHIN_MS = 2000;

/**
 * The first process of the list that takes a connection. Only until then is another one tried: once a byte was sent,
 * nobody here can know what became of the request. Undefined when all refuse.
 */
export async function connectToFirst(
  candidates: readonly Upstream[],
  routes: Routes,
): Promise<Socket | undefined> {
  for (const upstream of candidates) {
    const socket = await connect(upstream);
    if (socket !== undefined) return socket;
    routes.refused(upstream);
  }
  return undefined;
}

function connect(upstream: Upstream): Promise<Socket | undefined> {
  const colon = upstream.lastIndexOf(':');
  const [host, port] = [upstream.slice(0, colon), Number(upstream.slice(colon + 1))];
  return new Promise((resolve) => {
    const socket = createConnection({ host, port, noDelay: true });
    const tooLate = setTimeout(() => socket.destroy(new Error('too late')), CONNECT_WITHIN_MS);
    const failed = () => {
      clearTimeout(tooLate);
      resolve(undefined);
    };
    socket.once('error', failed).once('connect', () => {
      clearTimeout(tooLate);
      socket.off('error', failed);
      resolve(socket);
    });
  });
}
