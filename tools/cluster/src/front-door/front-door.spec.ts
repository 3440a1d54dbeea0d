import { afterEach, describe, expect, test } from '@jest/globals';
import { findFreePort } from '@parley/database/embedded';
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import { createConnection, type AddressInfo, type Socket } from 'node:net';
import { startFrontDoor, type FrontDoor, type Route } from './index.js';

const servers: Server[] = [];
const sockets: Socket[] = [];
let door: FrontDoor | undefined;

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await door?.stop();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Answers each request with its name, and what it saw of it. */
function named(name: string): Promise<string> {
  return listen(
    createServer((incoming, response) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        response.setHeader('x-answered-by', name);
        response.writeHead(201).end(
          JSON.stringify({
            name,
            method: incoming.method,
            url: incoming.url,
            host: incoming.headers.host,
            forwardedFor: incoming.headers['x-forwarded-for'],
            body: Buffer.concat(chunks).toString(),
          }),
        );
      });
    }),
  );
}

async function open(...routes: Route[]): Promise<string> {
  door = await startFrontDoor({ routes });
  return door.url;
}

async function nobody(): Promise<string> {
  return `127.0.0.1:${await findFreePort()}`;
}

describe('the front door', () => {
  test('sends each path to its service, with method, query, body and caller', async () => {
    const url = await open(
      { prefixes: ['/socket.io'], upstreams: [await named('gateway')] },
      { prefixes: ['/v1/auth', '/v1/users'], upstreams: [await named('message')] },
    );
    const answer = await fetch(`${url}/v1/users/me?x=1`, { method: 'POST', body: 'x'.repeat(300_000) });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('x-answered-by')).toBe('message');
    expect(await answer.json()).toEqual({
      name: 'message',
      method: 'POST',
      url: '/v1/users/me?x=1',
      host: new URL(url).host,
      forwardedFor: '127.0.0.1',
      body: 'x'.repeat(300_000),
    });
    expect((await fetch(`${url}/socket.io/?EIO=4`)).headers.get('x-answered-by')).toBe('gateway');
  });

  test('answers an unknown path, and one that only begins alike, with the error of the table', async () => {
    const url = await open({ prefixes: ['/v1/auth'], upstreams: [await named('message')] });
    for (const path of ['/', '/v1/authors', '/v2/auth']) {
      const answer = await fetch(url + path);
      expect(answer.status).toBe(404);
      expect(await answer.json()).toEqual({
        error: {
          code: 'NOT_FOUND',
          message: expect.stringContaining(path) as unknown,
          retryable: false,
          outcome: 'none',
          requestId: expect.any(String) as unknown,
        },
      });
    }
  });

  test('takes the processes in turn and passes over one that refuses', async () => {
    const upstreams = [await named('a'), await nobody(), await named('b')];
    const url = await open({ prefixes: ['/v1'], upstreams });
    const answered: (string | null)[] = [];
    for (let i = 0; i < 6; i++) {
      const answer = await fetch(`${url}/v1/x`, { method: 'POST', body: 'once' });
      answered.push(answer.headers.get('x-answered-by'));
      expect(((await answer.json()) as { body: string }).body).toBe('once');
    }
    expect(answered.filter((name) => name === 'a').length).toBeGreaterThanOrEqual(2);
    expect(answered.filter((name) => name === 'b').length).toBeGreaterThanOrEqual(2);
  });

  test('says retryable, and that nothing happened, when all refuse', async () => {
    const url = await open({ prefixes: ['/v1'], upstreams: [await nobody(), await nobody()] });
    const answer = await fetch(`${url}/v1/x`, { method: 'POST', body: 'x' });
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      error: { code: 'UNAVAILABLE', retryable: true, outcome: 'none' },
    });
  });

  test('never sends a request a second time once it was sent, and says that its outcome is unknown', async () => {
    let seen = 0;
    const dying = () =>
      listen(
        createServer((incoming) => {
          seen++;
          incoming.socket.destroy();
        }),
      );
    const url = await open({ prefixes: ['/v1'], upstreams: [await dying(), await dying()] });
    const answer = await fetch(`${url}/v1/x`, { method: 'POST', body: 'x' });
    expect(seen).toBe(1);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ error: { code: 'UNAVAILABLE', outcome: 'unknown' } });
  });

  test('cuts the answer off where the service does', async () => {
    const upstream = await listen(
      createServer((_, response) => {
        response.writeHead(200, { 'content-length': '10' });
        response.write('five.', () => response.destroy());
      }),
    );
    const url = await open({ prefixes: ['/v1'], upstreams: [upstream] });
    const answer = await fetch(`${url}/v1/x`);
    await expect(answer.text()).rejects.toThrow();
  });

  test('joins a WebSocket to a process that takes it, and ends it with that process', async () => {
    const server = createServer();
    const seen: Socket[] = [];
    server.on('upgrade', (incoming, socket: Socket, head: Buffer) => {
      seen.push(socket);
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nx-key: ${incoming.headers['sec-websocket-key']}\r\n\r\n`,
      );
      socket.write(head);
      socket.pipe(socket);
    });
    const url = await open({ prefixes: ['/socket.io'], upstreams: [await nobody(), await listen(server)] });
    const { port } = new URL(url);
    const client = createConnection(Number(port), '127.0.0.1');
    sockets.push(client);
    let text = '';
    client.on('data', (chunk: Buffer) => (text += chunk.toString()));
    client.write(
      'GET /socket.io/?EIO=4 HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n',
    );
    client.write('Sec-WebSocket-Key: abc\r\n\r\nearly');
    while (!text.endsWith('early')) await once(client, 'data');
    expect(text).toContain('x-key: abc');
    client.write('late');
    while (!text.endsWith('late')) await once(client, 'data');

    const closed = once(client, 'close');
    seen[0]?.destroy();
    await closed;
  });

  test('refuses a WebSocket nobody takes with the error of the table', async () => {
    const url = await open({ prefixes: ['/socket.io'], upstreams: [await nobody()] });
    const attempt = request(`${url}/socket.io/`, {
      headers: { connection: 'Upgrade', upgrade: 'websocket' },
    });
    attempt.end();
    const [answer] = (await once(attempt, 'response')) as [AsyncIterable<Buffer> & { statusCode: number }];
    expect(answer.statusCode).toBe(503);
    let text = '';
    for await (const chunk of answer) text += chunk.toString();
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'UNAVAILABLE', retryable: true } });
  });
});
