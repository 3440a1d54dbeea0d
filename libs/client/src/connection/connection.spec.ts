import { afterEach, describe, expect, test } from '@jest/globals';
import { closedByServer } from '../failure.js';
import { Connection, type ConnectionState, type TokenProvider } from './connection.js';
import { type GatewayOptions, TinyGateway } from './testing/tiny-gateway.js';

const ends: (() => void)[] = [];

afterEach(() => {
  for (const end of ends.splice(0)) end();
});

const setUp = async (token: TokenProvider = () => 'token', options: GatewayOptions = {}) => {
  const gateway = new TinyGateway(options);
  const connection = new Connection({ url: await gateway.url(), token, deviceId: async () => 'device' });
  const states: ConnectionState[] = [];
  const events: unknown[] = [];
  connection.on('state', (state) => states.push(state));
  connection.on('event', ({ body }) => events.push(body));
  ends.push(() => {
    connection.close();
    gateway.close();
  });
  const next = <Name extends 'ready' | 'lost' | 'closed' | 'event'>(name: Name) =>
    new Promise<unknown>((resolve) => {
      const off = connection.on(name, (body) => {
        off();
        resolve(body);
      });
    });
  return { gateway, connection, states, events, next };
};

const tokenUntil = (milliseconds: number): string =>
  ['e30', Buffer.from(JSON.stringify({ exp: milliseconds / 1000 })).toString('base64url'), 's'].join('.');

describe('a connection', () => {
  test('tells how it is, and comes back after a cut', async () => {
    const { gateway, connection, states, next } = await setUp();
    connection.connect();
    const first = await gateway.socketNumber(1);
    await connection.online();
    expect(first.auth).toEqual({ token: 'token', deviceId: 'device' });
    const lost = next('lost');
    first.cut();
    await lost;
    expect(connection.state).toBe('offline');
    await connection.online();
    expect(states).toEqual(['connecting', 'online', 'offline', 'online']);
    connection.close();
    expect(connection.state).toBe('closed');
  });

  test('has the new socket before it lets go of one that is draining, and loses nothing in between', async () => {
    const { gateway, connection, states, events } = await setUp();
    connection.connect();
    const old = await gateway.socketNumber(1);
    await connection.online();
    old.emit('session.draining', { reconnectAfterMs: 10 });
    old.emit('message.created', 'on the old one');
    const fresh = await gateway.socketNumber(2);
    fresh.emit('message.created', 'on the new one');
    await old.closed;
    expect(events.sort()).toEqual(['on the new one', 'on the old one']);
    expect(states).toEqual(['connecting', 'online']);
    expect(await connection.request('typing.set', {})).toMatchObject({ ok: true });
    expect(fresh.requests.map(([name]) => name)).toEqual(['typing.set']);
  });

  test('asks for another token when the first is refused, and gives up when that is refused too', async () => {
    const asked: boolean[] = [];
    const token: TokenProvider = ({ fresh }) => {
      asked.push(fresh);
      return 'bad';
    };
    const { connection, next } = await setUp(token, { refuses: () => 'UNAUTHENTICATED' });
    const closed = next('closed');
    connection.connect();
    expect(await closed).toMatchObject({ code: 'UNAUTHENTICATED', reconnect: false });
    expect(asked).toEqual([false, true]);
    expect(connection.state).toBe('closed');
  });

  test.each([-3_600_000, 3_600_000])(
    'renews its token by the server’s clock, though its own is %d ms off',
    async (offMs) => {
      const serverNow = () => Date.now() + offMs;
      const asked: boolean[] = [];
      const token: TokenProvider = ({ fresh }) => {
        asked.push(fresh);
        // Lives 2 s, so half of it is 1 s; the next one for long.
        return tokenUntil(serverNow() + (fresh ? 3_600_000 : 2_000));
      };
      const { gateway, connection } = await setUp(token, { now: serverNow });
      connection.connect();
      const socket = await gateway.socketNumber(1);
      while (socket.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      expect(socket.requests[0]?.[0]).toBe('session.renew');
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(socket.requests).toHaveLength(1);
      expect(asked).toEqual([false, true]);
    },
  );

  test('tells why it cannot connect, and goes on', async () => {
    const failures = [new Error('no network'), new Error('no token')];
    const { connection } = await setUp(() => {
      const failure = failures.shift();
      if (failure) throw failure;
      return 'token';
    });
    const told: string[] = [];
    connection.on('trouble', ({ message }) => told.push(message));
    connection.connect();
    await connection.online();
    expect(told).toEqual(['no network', 'no token']);
  });

  test('is closed where its token provider is refused for good', async () => {
    const { connection, next } = await setUp(() => {
      throw closedByServer({ code: 'FORBIDDEN', message: 'no such account' });
    });
    const closed = next('closed');
    connection.connect();
    expect(await closed).toEqual({ code: 'FORBIDDEN', message: 'no such account', reconnect: false });
    expect(connection.state).toBe('closed');
  });

  test('tries again where the session ended with its first frames', async () => {
    const { gateway, connection, states } = await setUp(undefined, {
      greets: (socket, number, ready) => {
        ready();
        if (number > 1) return;
        socket.emit('session.closed', { code: 'UNAVAILABLE', message: '', reconnect: false });
        socket.end();
      },
    });
    connection.connect();
    await connection.online();
    expect(gateway.sockets).toHaveLength(2);
    expect(states).toEqual(['connecting', 'offline', 'online']);
  });

  test('moves on from a gateway that says before anything else that it goes away', async () => {
    const { gateway, connection } = await setUp(undefined, {
      greets: (socket, number, ready) => {
        if (number === 1) socket.emit('session.draining', { reconnectAfterMs: 10 });
        ready();
      },
    });
    connection.connect();
    await (
      await gateway.socketNumber(1)
    ).closed;
    expect(gateway.sockets).toHaveLength(2);
    expect(connection.state).toBe('online');
  });

  test('tells nothing more when it is closed while the socket before waits for an answer', async () => {
    const { gateway, connection } = await setUp(undefined, { answers: () => false });
    const told: string[] = [];
    connection.on('resync', () => told.push('resync'));
    connection.connect();
    const old = await gateway.socketNumber(1);
    await connection.online();
    const asked = connection.request('typing.set', {});
    old.emit('session.draining', { reconnectAfterMs: 1 });
    const moved = new Promise((resolve) => connection.on('ready', resolve));
    await moved;
    connection.close();
    old.emit('session.resync', {});
    old.emit('message.created', {});
    old.cut();
    expect(await asked).toMatchObject({ ok: false });
    expect(told).toEqual([]);
  });

  test('does not take a renewal that the server could not do for done', async () => {
    const { gateway, connection } = await setUp();
    connection.connect();
    const socket = await gateway.socketNumber(1);
    await connection.online();
    const answer = socket.answer.bind(socket);
    const error = { code: 'OVERLOADED', message: '', retryable: true, outcome: 'none', requestId: 'r' };
    socket.answer = (id) => answer(id, { ok: false, error });
    await expect(connection.renew()).rejects.toMatchObject({ code: 'OVERLOADED', retryable: true });
  });

  test('says of a request that was cut off that nobody knows, and of one without a session that it was not', async () => {
    const { gateway, connection, next } = await setUp();
    expect(await connection.request('x', {})).toMatchObject({ ok: false, error: { outcome: 'none' } });
    connection.connect();
    const socket = await gateway.socketNumber(1);
    await connection.online();
    socket.answer = () => socket.cut();
    const lost = next('lost');
    expect(await connection.request('message.send', {})).toMatchObject({
      ok: false,
      error: { outcome: 'unknown', retryable: true },
    });
    await lost;
  });
});
