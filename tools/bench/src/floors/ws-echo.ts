import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';

const CLIENTS = 50;
const PAYLOAD = 'x'.repeat(100);
const WARM_UP_MS = 500;

/**
 * Echoes per second of a server of nothing but `ws` in its own process, with 50 clients that each send again when
 * their echo has come. What any WebSocket server on this machine stays below.
 */
export async function measureWsEcho(seconds: number): Promise<number> {
  const server = fork(fileURLToPath(new URL('./ws-echo-server.js', import.meta.url)));
  try {
    const [port] = (await once(server, 'message')) as [number];
    const sockets = await Promise.all(Array.from({ length: CLIENTS }, () => connect(port)));
    let echoes = 0;
    for (const socket of sockets) {
      socket.on('message', () => {
        echoes += 1;
        socket.send(PAYLOAD);
      });
      socket.send(PAYLOAD);
    }
    await pause(WARM_UP_MS);
    const before = { echoes, at: performance.now() };
    await pause(seconds * 1000);
    const perSecond = ((echoes - before.echoes) * 1000) / (performance.now() - before.at);
    for (const socket of sockets) socket.removeAllListeners('message').terminate();
    return perSecond;
  } finally {
    server.kill('SIGKILL');
  }
}

async function connect(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
  await once(socket, 'open');
  return socket;
}
