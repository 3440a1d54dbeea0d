import { afterEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { ParleyClient } from './client.js';
import { type GatewayOptions, TinyGateway } from './connection/testing/tiny-gateway.js';
import { StoreFailed } from './failure.js';
import { mintId } from './ids.js';
import { MemoryStore } from './stores/memory-store.js';
import { FakePlatform } from './tabs/testing/fake-platform.js';

const ends: (() => void)[] = [];

afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A server that takes connections and never says a word. */
const silentServer = async (): Promise<string> => {
  const server = createServer((socket) => ends.push(() => socket.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
};

describe('connecting', () => {
  const setUp = async (options: GatewayOptions = {}) => {
    const gateway = new TinyGateway(options);
    ends.push(() => gateway.close());
    const client = new ParleyClient({ url: await gateway.url(), tokenProvider: () => 'token' });
    ends.push(() => client.close());
    return { gateway, client };
  };
  const wasClosed = { name: 'RequestFailed', code: 'UNAVAILABLE', retryable: false };

  test('twice is once, and again it is the session there is, or the next one', async () => {
    const { gateway, client } = await setUp();
    const both = [client.connect(), client.connect()];
    const [session, same] = await Promise.all(both);
    expect(same).toBe(session);
    expect(await client.connect()).toBe(session);
    expect(gateway.sockets).toHaveLength(1);
    const lost = new Promise((resolve) => client.on('lost', () => resolve(undefined)));
    gateway.sockets[0]?.cut();
    await lost;
    expect(await client.connect()).toMatchObject({ sessionId: 'gateway-0/1/1' });
    expect(gateway.sockets).toHaveLength(2);
  });

  test('is refused to a client that was closed, while it waits and afterwards', async () => {
    const client = new ParleyClient({ url: await silentServer(), tokenProvider: () => 'token' });
    const waiting = client.connect();
    client.close();
    await expect(waiting).rejects.toMatchObject(wasClosed);
    await expect(client.connect()).rejects.toMatchObject(wasClosed);
    expect(client.state).toBe('closed');
  });

  test('may be tried again after the server refused it', async () => {
    let refusal: string | undefined = 'FORBIDDEN';
    const { client } = await setUp({ refuses: () => refusal });
    const again = new Promise((resolve) =>
      client.on('closed', () => {
        refusal = undefined;
        resolve(client.connect());
      }),
    );
    await expect(client.connect()).rejects.toMatchObject({ name: 'RequestFailed', code: 'FORBIDDEN' });
    expect(await again).toMatchObject({ userId: 'me' });
    expect(client.state).toBe('online');
  });
});

test('a client that the server closed lets another one of its store send, until it is wanted again', async () => {
  class Shared extends MemoryStore {
    readonly sharedAs = mintId();
  }
  const gateway = new TinyGateway({ answers: (name) => name !== 'message.send' });
  ends.push(() => gateway.close());
  const parts = { store: new Shared(), tabs: new FakePlatform() };
  const url = await gateway.url();
  const newClient = (): ParleyClient => {
    const client = new ParleyClient({ url, tokenProvider: () => 'token', ...parts });
    ends.push(() => client.close());
    return client;
  };
  const [first, second] = [newClient(), newClient()];
  await first.connect();
  const closed = new Promise((resolve) => first.on('closed', resolve));
  const loggedOut = { code: 'UNAUTHENTICATED', message: 'logged out', reconnect: false };
  (await gateway.socketNumber(1)).emit('session.closed', loggedOut);
  await closed;
  await second.connect();
  void second.send('conversation', 'hello');
  await (await gateway.socketNumber(2)).requested('message.send');
  await first.connect();
  second.close();
  await (await gateway.socketNumber(3)).requested('message.send');
});

describe('asking for what is missing', () => {
  test('without a connection waits for it, and fails when the client is closed instead', async () => {
    const client = new ParleyClient({ url: await silentServer(), tokenProvider: () => 'token' });
    void client.connect();
    const missing = client.sync();
    client.close();
    await expect(missing).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: false });
    await expect(client.sync()).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: false });
  });

  test('fails after the server closed the client, until that connects again', async () => {
    let refusal: string | undefined = 'FORBIDDEN';
    const gateway = new TinyGateway({ refuses: () => refusal });
    ends.push(() => gateway.close());
    const client = new ParleyClient({ url: await gateway.url(), tokenProvider: () => 'token' });
    await expect(client.connect()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(client.sync()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    refusal = undefined;
    await client.connect();
    const missing = client.sync();
    client.close();
    await expect(missing).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  test('fails when the server closes the client', async () => {
    const gateway = new TinyGateway({ refuses: () => 'FORBIDDEN' });
    ends.push(() => gateway.close());
    const client = new ParleyClient({ url: await gateway.url(), tokenProvider: () => 'token' });
    ends.push(() => client.close());
    void client.connect();
    await expect(client.sync()).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});

test('a store that does not work keeps nobody from connecting, as one device', async () => {
  const fails = (): Promise<never> => Promise.reject(new Error('the database failed'));
  const gateway = new TinyGateway();
  ends.push(() => gateway.close());
  const store = { sharedAs: mintId(), get: fails, put: fails, list: fails, delete: fails };
  const client = new ParleyClient({ url: await gateway.url(), tokenProvider: () => 'token', store });
  ends.push(() => client.close());
  const { deviceId } = await client.connect();
  expect(deviceId).toMatch(/^[0-9a-f-]{36}$/);
  (await gateway.socketNumber(1)).cut();
  expect((await gateway.socketNumber(2)).auth.deviceId).toBe(deviceId);
  await expect(client.send('conversation', 'hello')).rejects.toBeInstanceOf(StoreFailed);
});

describe('a device that was connected before', () => {
  test('tells nothing of what its last user wrote and read, until that one is back', async () => {
    const quiet = ['message.send', 'receipt.advance'];
    const gateway = new TinyGateway({
      answers: (name) => !quiet.includes(name),
      userOf: (token) => token,
    });
    ends.push(() => gateway.close());
    const url = await gateway.url();
    const store = new MemoryStore();
    const session = async (user: string, number: number) => {
      const client = new ParleyClient({ url, store, tokenProvider: () => user });
      ends.push(() => client.close());
      await client.connect();
      void client.send('conversation', `by ${user}`);
      client.conversation('conversation').markRead(number);
      const socket = await gateway.socketNumber(number);
      await Promise.all(quiet.map((name) => socket.requested(name)));
      client.close();
      return socket.requests.filter(([name]) => quiet.includes(name));
    };
    await session('ada', 1);
    const grace = await session('grace', 2);
    expect(grace).toHaveLength(2);
    expect(grace).toContainEqual(['message.send', expect.objectContaining({ text: 'by grace' })]);
    expect(grace).toContainEqual(['receipt.advance', expect.objectContaining({ readSeq: 2 })]);
    const ada = await session('ada', 3);
    expect(ada).toContainEqual(['message.send', expect.objectContaining({ text: 'by ada' })]);
    expect(ada.map(([, { text }]) => text)).not.toContain('by grace');
  });

  test('shows what it could not send yet as its own, also before the next session', async () => {
    const store = new MemoryStore();
    const gateway = new TinyGateway();
    ends.push(() => gateway.close());
    const url = await gateway.url();
    const device = { url, deviceId: 'device', tokenProvider: () => 'token', store };
    const first = new ParleyClient(device);
    const { userId } = await first.connect();
    first.close();

    const offline = new ParleyClient({ ...device, url: await silentServer() });
    ends.push(() => offline.close());
    const conversation = offline.conversation('conversation');
    const shown = new Promise<void>((resolve) => {
      conversation.on('updated', () => {
        if (conversation.messages.length > 0) resolve();
      });
    });
    void offline.connect();
    void conversation.send({ text: 'from the train' });
    await shown;
    expect(conversation.messages).toMatchObject([{ senderId: userId, state: 'pending' }]);
    expect(offline.session).toBeNull();
  });
});
