import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { TcpProxy } from './index.js';

let target: Server;
let atTarget: Socket[];
let proxy: TcpProxy;
let clients: Socket[];

beforeEach(async () => {
  atTarget = [];
  clients = [];
  target = createServer({ allowHalfOpen: true }, (socket) => {
    atTarget.push(socket);
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  target.listen(0, '127.0.0.1');
  await once(target, 'listening');
  proxy = await TcpProxy.start({
    target: { host: '127.0.0.1', port: (target.address() as AddressInfo).port },
  });
});

afterEach(async () => {
  for (const client of clients) client.destroy();
  await proxy.stop();
  for (const socket of atTarget) socket.destroy();
  target.close();
  await once(target, 'close');
});

function open(): Socket {
  const client = createConnection({ host: '127.0.0.1', port: proxy.port, allowHalfOpen: true });
  clients.push(client);
  return client;
}

async function connect(): Promise<Socket> {
  const client = open();
  await once(client, 'connect');
  return client;
}

/** The next bytes, as many as were sent. */
async function received(socket: Socket, length: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= length) break;
  }
  return Buffer.concat(chunks).toString();
}

async function echo(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  return received(socket, text.length);
}

async function errorOf(socket: Socket): Promise<string | undefined> {
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  return error.code;
}

describe('a link', () => {
  test('carries bytes and the end in both directions', async () => {
    const client = await connect();
    expect(await echo(client, 'hello')).toBe('hello');
    const large = 'x'.repeat(5_000_000);
    expect(await echo(client, large)).toBe(large);
    client.end();
    client.resume();
    await once(client, 'end');
  });

  test('cut by reset ends all connections and refuses new ones until healed', async () => {
    const client = await connect();
    await echo(client, 'before');
    const [other] = atTarget;
    const lost = errorOf(client);
    const lostAtTarget = errorOf(other as Socket);
    proxy.cut('reset');
    expect(await lost).toBe('ECONNRESET');
    expect(await lostAtTarget).toBe('ECONNRESET');
    expect(await errorOf(open())).toBe('ECONNRESET');

    proxy.heal();
    expect(await echo(await connect(), 'after')).toBe('after');
  });

  test('cut silently holds back everything, the end of a side too, until healed', async () => {
    const client = await connect();
    await echo(client, 'before');
    proxy.cut('silent');
    let arrived = '';
    (atTarget[0] as Socket).on('data', (chunk: Buffer) => (arrived += chunk.toString()));
    client.write('during');
    const late = await connect();
    late.write('late');

    // A second, unbroken proxy to the same target proves that time enough for a round trip has passed.
    const witness = await TcpProxy.start({
      target: { host: '127.0.0.1', port: (target.address() as AddressInfo).port },
    });
    const direct = createConnection(witness.port, '127.0.0.1');
    clients.push(direct);
    await echo(direct, 'witness');
    await witness.stop();
    expect(arrived).toBe('');
    expect(client.destroyed).toBe(false);

    proxy.heal();
    expect(await received(client, 6)).toBe('during');
    expect(await received(late, 4)).toBe('late');
  });

  test('tells one side of the reset of the other', async () => {
    const client = await connect();
    await echo(client, 'before');
    const lost = errorOf(client);
    (atTarget[0] as Socket).resetAndDestroy();
    expect(await lost).toBe('ECONNRESET');
  });

  test('bears that a side is reset while bytes for it wait', async () => {
    const client = await connect();
    await echo(client, 'hello');
    const [there] = atTarget;
    there!.unpipe();
    there!.pause();
    // More than the buffers of both kernels hold, so that the proxy waits for room.
    client.write(Buffer.alloc(16 * 1024 * 1024));
    const waiting = new Promise((resolve) => client.once('error', resolve));
    there!.resetAndDestroy();
    expect(await waiting).toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) });
  });

  test('delays every byte but keeps their order and does not queue them', async () => {
    proxy.delay(60);
    const client = await connect();
    const began = performance.now();
    const sent = Array.from({ length: 100 }, (_, i) => String(i).padStart(2, '0'));
    for (const text of sent) client.write(text);
    expect(await received(client, 200)).toBe(sent.join(''));
    const took = performance.now() - began;
    // Once there and once back; a hundred writes one after the other would be a hundred times as long.
    expect(took).toBeGreaterThanOrEqual(115);
    expect(took).toBeLessThan(6_000);
  });

  test('throttles', async () => {
    proxy.throttle(100_000);
    const client = await connect();
    const began = performance.now();
    await echo(client, 'x'.repeat(20_000));
    expect(performance.now() - began).toBeGreaterThanOrEqual(180);
  });

  test('leaves no socket behind', async () => {
    const client = await connect();
    await echo(client, 'hello');
    const ended = once(client, 'end');
    client.resume();
    await proxy.stop();
    await ended;
    expect(proxy.openSockets).toBe(0);
    proxy = await TcpProxy.start({
      target: { host: '127.0.0.1', port: (target.address() as AddressInfo).port },
    });
  });
});
