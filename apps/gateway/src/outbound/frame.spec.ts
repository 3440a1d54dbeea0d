import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Server, type Socket } from 'socket.io';
import { io, type Socket as Client } from 'socket.io-client';
import { encodeAckFrame, encodeEventFrame, Wire } from './frame.js';

describe('a wire on the real socket.io', () => {
  let http: HttpServer;
  let server: Server;
  let client: Client;
  let socket: Socket;

  beforeEach(async () => {
    http = createServer();
    server = new Server(http, { transports: ['websocket'] });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const connected = new Promise<Socket>((resolve) => server.once('connection', resolve));
    client = io(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
    });
    socket = await connected;
  });

  afterEach(async () => {
    client.disconnect();
    await server.close();
  });

  const received = (count: number) =>
    new Promise<unknown[][]>((resolve) => {
      const events: unknown[][] = [];
      client.onAny((...event: unknown[]) => {
        if (events.push(event) === count) resolve(events);
      });
    });

  test('knows the internals of the installed version', () => {
    expect(Wire.to(socket).direct).toBe(true);
  });

  test.each([0, 100, 125, 126, 200, 65_500, 65_536, 300_000])('carries a body of %i bytes', async (size) => {
    const events = received(1);
    const body = { text: 'ü'.repeat(size / 2) };
    Wire.to(socket).write(encodeEventFrame('message.created', Buffer.from(JSON.stringify(body))));
    expect(await events).toEqual([['message.created', body]]);
  });

  test('keeps the order among its own frames and what socket.io sends', async () => {
    const events = received(300);
    const wire = Wire.to(socket);
    for (let i = 0; i < 300; i += 3) {
      socket.emit('n', i);
      wire.write(encodeEventFrame('n', Buffer.from(String(i + 1))));
      wire.write(encodeEventFrame('n', Buffer.from(String(i + 2))));
    }
    expect((await events).map(([, n]) => n)).toEqual(Array.from({ length: 300 }, (_, i) => i));
  });

  test('carries several frames in one write', async () => {
    const events = received(2);
    const frames = [1, 2].map((n) => encodeEventFrame('n', Buffer.from(String(n))));
    Wire.to(socket).write(Buffer.concat(frames));
    expect(await events).toEqual([
      ['n', 1],
      ['n', 2],
    ]);
  });

  test('answers a command', async () => {
    Object.assign(socket, {
      onevent: (packet: { id: number }) =>
        Wire.to(socket).write(encodeAckFrame(packet.id, Buffer.from('{"ok":true}'))),
    });
    expect(await client.emitWithAck('anything', 1)).toEqual({ ok: true });
    expect(await client.emitWithAck('anything', 2)).toEqual({ ok: true });
  });

  test('counts what the client does not read', async () => {
    const wire = Wire.to(socket);
    expect(wire.waitingBytes).toBe(0);
    // Several times what the kernel's buffers hold, and written before the client's turn on this event loop.
    for (let i = 0; i < 64; i++) wire.write(encodeEventFrame('n', Buffer.alloc(1024 * 1024, '1')));
    expect(wire.waitingBytes).toBeGreaterThan(16 * 1024 * 1024);
    const gone = new Promise((resolve) => socket.once('disconnect', resolve));
    wire.terminate();
    expect(await gone).toBe('forced close');
  });

  test('a client whose wire was terminated sees a lost transport, which it reconnects from', async () => {
    const reason = new Promise((resolve) => client.once('disconnect', resolve));
    Wire.to(socket).terminate();
    expect(['transport close', 'transport error']).toContain(await reason);
  });

  test('writes nothing to a closed connection', async () => {
    const wire = Wire.to(socket);
    const gone = new Promise((resolve) => client.once('disconnect', resolve));
    wire.close();
    expect(() => wire.write(encodeEventFrame('n', Buffer.from('1')))).not.toThrow();
    expect(await gone).toBe('transport close');
  });
});

test('unknown internals: everything still arrives through engine.io, and the log says what it costs', () => {
  const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
  const written: string[] = [];
  const conn = {
    readyState: 'open',
    writeBuffer: [],
    transport: { name: 'websocket', socket: {} },
    write: (text: string) => written.push(text),
    close: () => undefined,
  };
  const wire = Wire.to({ conn } as unknown as Socket);
  const body = Buffer.from(JSON.stringify('x'.repeat(200)));
  wire.write(Buffer.concat([encodeEventFrame('n', body), encodeAckFrame(7, Buffer.from('{}'))]));
  expect(wire.direct).toBe(false);
  expect(written).toEqual([`2["n","${'x'.repeat(200)}"]`, '37[{}]']);
  expect(error).toHaveBeenCalledTimes(1);
  error.mockRestore();
});
