import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { RawSession } from './raw-session.js';

/** What the session told its handlers, in order. */
type Told = ['ready'] | ['answered', number, boolean, string] | ['event', string] | ['closed', string];

describe('RawSession', () => {
  let http: Server;
  let server: WebSocketServer;
  let session: RawSession | undefined;
  let told: Told[];
  let wake: () => void;

  beforeEach(async () => {
    http = createServer();
    server = new WebSocketServer({ server: http });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    told = [];
    wake = () => undefined;
  });

  afterEach(async () => {
    session?.close();
    for (const client of server.clients) client.terminate();
    server.close();
    http.close();
    await once(http, 'close');
  });

  const tell = (item: Told) => {
    told.push(item);
    wake();
  };

  const toldOf = async (count: number) => {
    while (told.length < count) await new Promise<void>((resolve) => (wake = resolve));
    return told;
  };

  const connect = async (): Promise<{ peer: WebSocket; next(): Promise<string> }> => {
    const connected = once(server, 'connection') as Promise<[WebSocket]>;
    session = new RawSession(
      `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
      { token: 'a-token', deviceId: 'a-device' },
      {
        ready: () => tell(['ready']),
        answered: (number, ok, answer) => tell(['answered', number, ok, answer.toString()]),
        event: (packet) => tell(['event', packet.toString()]),
        closed: (reason) => tell(['closed', reason]),
      },
    );
    const [peer] = await connected;
    const arrived: string[] = [];
    let arrive = () => undefined as void;
    peer.on('message', (data) => {
      arrived.push((data as Buffer).toString());
      arrive();
    });
    const next = async () => {
      while (arrived.length === 0) await new Promise<void>((resolve) => (arrive = resolve));
      return arrived.shift() as string;
    };
    return { peer, next };
  };

  test('greets, is told that it is ready, and answers pings', async () => {
    const { peer, next } = await connect();
    peer.send('0{"sid":"x","pingInterval":10000}');
    expect(await next()).toBe('40{"token":"a-token","deviceId":"a-device"}');
    peer.send('40{"sid":"y"}');
    peer.send('42["session.ready",{"sessionId":"s"}]');
    expect(await toldOf(1)).toEqual([['ready']]);
    peer.send('2');
    expect(await next()).toBe('3');
  });

  test('sends commands and matches their answers', async () => {
    const { peer, next } = await connect();
    peer.send('0{}');
    await next();
    session?.send(17, 'message.send', JSON.stringify({ text: 'x'.repeat(5_000) }));
    expect(await next()).toBe(`4217["message.send",{"text":"${'x'.repeat(5_000)}"}]`);
    peer.send('4317[{"ok":true,"data":{}}]');
    peer.send('43203[{"ok":false,"error":{}}]');
    expect(await toldOf(2)).toEqual([
      ['answered', 17, true, '[{"ok":true,"data":{}}]'],
      ['answered', 203, false, '[{"ok":false,"error":{}}]'],
    ]);
  });

  test('puts frames together however the network cuts them', async () => {
    const { peer } = await connect();
    const raw = (peer as unknown as { _socket: { write(bytes: Buffer, done: () => void): void } })._socket;
    const texts = ['short', 'm'.repeat(300), 'l'.repeat(70_000), 'last'].map((text) => `42["e","${text}"]`);
    const bytes = Buffer.concat(
      texts.map((text) => {
        const header = Buffer.alloc(text.length < 126 ? 2 : text.length < 65_536 ? 4 : 10);
        header[0] = 0x81;
        header[1] = text.length < 126 ? text.length : text.length < 65_536 ? 126 : 127;
        if (header.length === 4) header.writeUInt16BE(text.length, 2);
        if (header.length === 10) header.writeBigUInt64BE(BigInt(text.length), 2);
        return Buffer.concat([header, Buffer.from(text)]);
      }),
    );
    const cuts = [0, 1, 3, 12, 14, 16, 200, 330, 333, 339, 50_000, bytes.length - 1, bytes.length];
    for (let index = 1; index < cuts.length; index += 1) {
      await new Promise<void>((done) => raw.write(bytes.subarray(cuts[index - 1], cuts[index]), done));
      await new Promise<void>((turn) => setImmediate(turn));
    }
    expect(await toldOf(texts.length)).toEqual(texts.map((text) => ['event', text]));
  });

  test('says why it was refused', async () => {
    const { peer } = await connect();
    peer.send('0{}');
    peer.send('44{"message":"no","data":{"code":"UNAUTHENTICATED"}}');
    expect(await toldOf(1)).toEqual([
      ['closed', 'the handshake was refused: {"message":"no","data":{"code":"UNAUTHENTICATED"}}'],
    ]);
  });

  test('says with which code the server closed, once', async () => {
    const { peer } = await connect();
    peer.close(1009);
    expect(await toldOf(1)).toEqual([['closed', 'the server closed with 1009']]);
    peer.terminate();
    await new Promise<void>((turn) => setImmediate(turn));
    expect(told).toHaveLength(1);
  });
});
