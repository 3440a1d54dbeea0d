import { randomUUID } from 'node:crypto';
import { connect as connectTcp, type Socket as TcpSocket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Client, type Connected, GatewayHarness, next } from '../testing/gateway-harness.js';

let gateway: GatewayHarness;
let incarnation: number;
beforeAll(async () => {
  gateway = await GatewayHarness.start({ limits: { waitingBytesPerSocket: 256 * 1024 } });
  incarnation = Number((await gateway.connect()).ready.sessionId.split('/')[1]);
});
afterAll(() => gateway.stop());

/** The next socket.io packets of events as they came over the wire; rejects if the client is closed before. */
function packets(client: Client, count: number): Promise<string[]> {
  const { engine } = client.io;
  const read: string[] = [];
  return new Promise((resolve, reject) => {
    const listen = ({ type, data }: { type: string; data?: string }) => {
      if (type !== 'message' || !data) return;
      if (read.push(data) < count) return;
      engine.off('packet', listen);
      client.off('disconnect', closed);
      resolve(read);
    };
    const closed = (reason: string) =>
      reject(new Error(`closed (${reason}) after ${read.length} of ${count} packets`));
    engine.on('packet', listen);
    client.once('disconnect', closed);
  });
}

const body = (text: string) =>
  JSON.stringify({ conversationId: randomUUID(), version: 1, message: { text } });
const people = (count: number) => Promise.all(Array.from({ length: count }, () => gateway.connect()));
const countersOf = (connected: readonly Connected[]) => connected.map(({ counter }) => counter);

describe('a delivery', () => {
  test('comes to every recipient byte by byte as it was written, and to nobody else', async () => {
    const all = await people(20);
    const [outsider, ...members] = all;
    const nothing: unknown[] = [];
    outsider?.client.onAny((event) => nothing.push(event));
    const arriving = members.map(({ client }) => packets(client, 1));
    const sent = body('tabs\tlines\n “ü” 😀 \\u0041');
    const delivered = await gateway.metric('parley_gateway_deliveries_total');
    await gateway.message.deliver({ incarnation, recipients: countersOf(members) }, 'message.created', sent);
    expect(new Set((await Promise.all(arriving)).flat())).toEqual(new Set([`2["message.created",${sent}]`]));
    expect(nothing).toEqual([]);
    expect(await gateway.metric('parley_gateway_deliveries_total')).toBe(delivered + 19);
  });

  test('skips the session that caused it, and sessions that are gone', async () => {
    const [ada, grace, linus] = await people(3);
    if (!ada || !grace || !linus) throw new Error('three are needed');
    const recipients = countersOf([ada, grace, linus]);
    linus.client.disconnect();
    const [toAda, toGrace] = [packets(ada.client, 1), packets(grace.client, 2)];
    await gateway.message.deliver(
      { incarnation, recipients, except: ada.counter },
      'message.created',
      body('1'),
    );
    const second = body('2');
    await gateway.message.deliver({ incarnation, recipients }, 'message.edited', second);
    expect(await toAda).toEqual([`2["message.edited",${second}]`]);
    expect((await toGrace).map((packet) => packet.slice(0, 19))).toEqual([
      '2["message.created"',
      '2["message.edited",',
    ]);
  });

  test('keeps the order with others and with answers', async () => {
    const [ada, grace] = await people(2);
    if (!ada || !grace) throw new Error('two are needed');
    const [toAda, toGrace] = [packets(ada.client, 30), packets(grace.client, 20)];
    const reached = gateway.message.nextCommand();
    const message = { conversationId: randomUUID(), id: randomUUID(), text: 'x' };
    ada.client.emit('message.send', message, () => undefined);
    const command = await reached;
    // Without waiting in between: they come as one batch.
    const recipients = countersOf([ada, grace]);
    const written = Array.from({ length: 30 }, (_, i) =>
      i === 15
        ? gateway.message.reply(command, '{"ok":true}')
        : gateway.message.deliver(
            { incarnation, recipients, ...(i % 3 === 0 ? { except: grace.counter } : {}) },
            'message.created',
            String(i),
          ),
    );
    await Promise.all(written);
    const expected = Array.from({ length: 30 }, (_, i) =>
      i === 15 ? '30[{"ok":true}]' : `2["message.created",${i}]`,
    );
    expect(await toAda).toEqual(expected);
    expect(await toGrace).toEqual(expected.filter((_, i) => i % 3 !== 0));
  });

  test('of another incarnation of the slot is none of ours', async () => {
    const [ada] = await people(1);
    if (!ada) throw new Error('one is needed');
    const arriving = packets(ada.client, 1);
    const recipients = [ada.counter];
    await gateway.message.deliver({ incarnation: incarnation - 1, recipients }, 'message.created', '1');
    await gateway.message.deliver({ incarnation, recipients }, 'message.created', '2');
    expect(await arriving).toEqual(['2["message.created",2]']);
  });

  test('near the largest that a record may be arrives whole', async () => {
    const [ada] = await people(1);
    if (!ada) throw new Error('one is needed');
    const arriving = packets(ada.client, 1);
    const sent = body('x'.repeat(900_000));
    await gateway.message.deliver({ incarnation, recipients: [ada.counter] }, 'message.created', sent);
    expect(await arriving).toEqual([`2["message.created",${sent}]`]);
  });
});

test('a reader that stands still is closed; the others get everything meanwhile', async () => {
  const before = await gateway.metric('parley_gateway_slow_readers_closed_total');
  const [reader] = await people(1);
  const slow = await SilentReader.connect(gateway);
  if (!reader) throw new Error('one is needed');
  const recipients = [slow.counter, reader.counter];
  const sent = body('x'.repeat(64 * 1024));
  // Several times what the kernel's buffers hold for the one that does not read.
  for (let i = 0; i < 400; i++) {
    // In step with the one that reads: it shares this event loop, and must not be the slow one for want of a turn.
    const arriving = packets(reader.client, 1);
    await gateway.message.deliver({ incarnation, recipients }, 'message.created', sent);
    expect((await arriving)[0]).toHaveLength(sent.length + 21);
  }
  expect(await gateway.metric('parley_gateway_slow_readers_closed_total')).toBe(before + 1);
  await slow.readToEnd();
  const { client } = await gateway.connect({ userId: slow.userId });
  expect(client.connected).toBe(true);
});

/** A client that opens a session by hand and then reads nothing more from its TCP connection. */
class SilentReader {
  private constructor(
    readonly userId: string,
    readonly counter: number,
    private readonly tcp: TcpSocket,
  ) {}

  static async connect(to: GatewayHarness): Promise<SilentReader> {
    const { hostname, port } = new URL(to.url);
    const userId = randomUUID();
    const deviceId = randomUUID();
    const token = await to.issuer.token(userId, { deviceId });
    const tcp = connectTcp({ host: hostname, port: Number(port) });
    // Told by 'close', too.
    tcp.on('error', () => undefined);
    let text = '';
    const until = (pattern: RegExp) =>
      new Promise<RegExpExecArray>((resolve, reject) => {
        const listen = (chunk: Buffer) => {
          text += chunk.toString('latin1');
          const found = pattern.exec(text);
          if (!found) return;
          tcp.off('data', listen);
          tcp.off('close', closed);
          resolve(found);
        };
        const closed = () => reject(new Error(`closed before ${pattern} came: ${text}`));
        tcp.on('data', listen);
        tcp.once('close', closed);
      });
    tcp.write(
      `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\n` +
        'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n',
    );
    await until(/"maxPayload"/);
    tcp.write(masked(`40${JSON.stringify({ token, deviceId })}`));
    const [, counter] = await until(/session\.ready.*?gateway-0\/\d+\/(\d+)/);
    tcp.pause();
    return new SilentReader(userId, Number(counter), tcp);
  }

  /** Reads on, and so notices that its connection has ended. */
  async readToEnd(): Promise<void> {
    const ended = new Promise((resolve) => this.tcp.once('close', resolve));
    this.tcp.resume();
    await ended;
  }
}

/** A text frame as clients send it, with a mask of zeros. */
function masked(text: string): Buffer {
  const payload = Buffer.from(text);
  const head = Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 0xff, 0, 0, 0, 0]);
  return Buffer.concat([head, payload]);
}

test('a jump in the inbox means a sync for everybody', async () => {
  const all = await people(3);
  const told = all.map(({ client }) => next(client, 'session.resync'));
  // Nothing is read while this turn lasts, so what is dropped was not read.
  const topic = 'inbox.gateway-0';
  const written = gateway.message.deliver({ incarnation, recipients: [] }, 'message.created', '1');
  const [end] = await gateway.bus.topics.endOffsets(topic);
  gateway.bus.dropBefore(topic, 0, end ?? 0);
  await written;
  expect(await Promise.all(told)).toEqual(Array(3).fill({ reason: 'inbox-jump' }));
});
