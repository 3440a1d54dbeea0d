import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Socket } from 'socket.io-client';
import { type Client, type Connected, GatewayHarness, next } from '../testing/gateway-harness.js';

const conversationId = randomUUID();
const send = (changed: object = {}) => ({ conversationId, id: randomUUID(), text: 'hello', ...changed });
const ok = '{"ok":true,"data":{"message":null,"deduplicated":false}}';
/** Emits what the types do not allow. */
const untyped = (client: Client) => client as unknown as Socket;

let gateway: GatewayHarness;
let ada: Connected;
beforeAll(async () => {
  gateway = await GatewayHarness.start({ limits: { inFlightPerSocket: 3 } });
});
beforeEach(async () => {
  gateway.message.commands.length = 0;
  gateway.message.onCommand((command) => void gateway.message.reply(command, ok));
  ada = await gateway.connect();
});
afterAll(() => gateway.stop());

describe('a command', () => {
  test('stands in the log with who asked and where the answer goes', async () => {
    const body = send({ text: 'tabs\tand\nlines “ü” 😀' });
    expect(await ada.client.emitWithAck('message.send', body)).toEqual(JSON.parse(ok));
    expect(gateway.message.commands).toEqual([
      {
        kind: 'message.send',
        conversationId,
        userId: ada.userId,
        commandId: body.id,
        body: { text: body.text },
        origin: {
          slot: 'gateway-0',
          incarnation: expect.any(Number),
          session: ada.counter,
          request: expect.any(Number),
        },
      },
    ]);
  });

  test('carries what it replies to and whom it mentions', async () => {
    const [replyTo, mentions] = [randomUUID(), [randomUUID(), randomUUID()]];
    await ada.client.emitWithAck('message.send', send({ replyTo, mentions }));
    expect(gateway.message.commands).toMatchObject([{ body: { text: 'hello', replyTo, mentions } }]);
  });

  test('edits, deletions and reactions go the same way, under an id of their own', async () => {
    const [id, commandId] = [randomUUID(), randomUUID()];
    await ada.client.emitWithAck('message.edit', { conversationId, id, commandId, text: 'new' });
    await ada.client.emitWithAck('message.delete', { conversationId, id, commandId });
    await ada.client.emitWithAck('reaction.set', { conversationId, id, commandId, emoji: '👍', on: true });
    expect(gateway.message.commands).toMatchObject([
      { kind: 'message.edit', commandId, body: { id, text: 'new' } },
      { kind: 'message.delete', commandId, body: { id } },
      { kind: 'reaction.set', commandId, body: { id, emoji: '👍', on: true } },
    ]);
  });

  test('gets the answer byte by byte, whatever it says', async () => {
    const refused = {
      ok: false,
      error: { code: 'NOT_FOUND', message: 'no such “conversation”', requestId: '1' },
    };
    gateway.message.onCommand((command) => void gateway.message.reply(command, JSON.stringify(refused)));
    expect(await ada.client.emitWithAck('message.send', send())).toEqual(refused);
  });

  test('many at once are each answered once, in the order of the log', async () => {
    const { client } = await gateway.connect();
    const texts = Array.from({ length: 60 }, (_, i) => String(i));
    for (let i = 0; i < texts.length; i += 3) {
      const answers = texts.slice(i, i + 3).map((text) => client.emitWithAck('message.send', send({ text })));
      expect(await Promise.all(answers)).toEqual(Array(3).fill(JSON.parse(ok)));
    }
    expect(gateway.message.commands.map(({ body }) => 'text' in body && body.text)).toEqual(texts);
  });
});

describe('what is malformed is answered with what to do', () => {
  const valid = send();
  test.each<[string, unknown, string, RegExp]>([
    ['no body', undefined, 'INVALID', /request|object/],
    ['a text as body', 'hello', 'INVALID', /request/],
    ['an array', [valid], 'INVALID', /request/],
    ['null', null, 'INVALID', /request/],
    ['a missing field', { conversationId, id: valid.id }, 'INVALID', /^text: /],
    ['an id that is none', { ...valid, id: 'x' }, 'INVALID', /^id: must be a UUID/],
    ['an id in upper case', { ...valid, id: valid.id.toUpperCase() }, 'INVALID', /^id: must be a UUID/],
    ['a field too much', { ...valid, admin: true }, 'INVALID', /admin/],
    ['an empty text', { ...valid, text: ' ' }, 'INVALID', /^text: must not be empty/],
    ['NUL', { ...valid, text: 'a\0b' }, 'INVALID', /^text: must be well-formed/],
    ['a lone surrogate', { ...valid, text: 'a\ud800b' }, 'INVALID', /^text: must be well-formed/],
    ['an object as text', { ...valid, text: { $gt: '' } }, 'INVALID', /^text: /],
    [
      'a text over the limit',
      { ...valid, text: 'x'.repeat(8_001) },
      'TOO_LARGE',
      /^text: is longer than 8000/,
    ],
    ['a text over the maximum', { ...valid, text: 'x'.repeat(40_000) }, 'TOO_LARGE', /^text: /],
    ['a reply to what is no id', { ...valid, replyTo: 'x' }, 'INVALID', /^replyTo: must be a UUID/],
    ['a reply to null', { ...valid, replyTo: null }, 'INVALID', /^replyTo: /],
    ['mentions that are no list', { ...valid, mentions: valid.id }, 'INVALID', /^mentions: /],
    ['a mention by name', { ...valid, mentions: ['ada'] }, 'INVALID', /^mentions.0: must be a UUID/],
    [
      'a mention twice',
      { ...valid, mentions: [valid.id, valid.id] },
      'INVALID',
      /^mentions: must name nobody twice/,
    ],
    [
      'more mentions than the limit',
      { ...valid, mentions: Array.from({ length: 51 }, () => randomUUID()) },
      'INVALID',
      /^mentions: .*50/,
    ],
    ['binary', { ...valid, text: Buffer.from('hello') }, 'INVALID', /^text: /],
  ])('%s', async (_, body, code, message) => {
    const answer: unknown = await untyped(ada.client).emitWithAck('message.send', body);
    expect(answer).toEqual({
      ok: false,
      error: expect.objectContaining({
        code,
        message: expect.stringMatching(message),
        retryable: false,
        outcome: 'none',
        requestId: expect.any(String),
      }),
    });
    expect(gateway.message.commands).toEqual([]);
  });

  test.each([
    ['text', { emoji: 'like' }, /^emoji: must be one emoji/],
    ['two emoji', { emoji: '👍👍' }, /^emoji: must be one emoji/],
    ['a long text', { emoji: '👍'.repeat(5_000) }, /^emoji: /],
    ['nothing', { emoji: null }, /^emoji: /],
    ['an emoji neither on nor off', { on: 'yes' }, /^on: /],
  ])('a reaction of %s', async (_, changed, message) => {
    const body = {
      conversationId,
      id: randomUUID(),
      commandId: randomUUID(),
      emoji: '👍',
      on: true,
      ...changed,
    };
    const answer: unknown = await untyped(ada.client).emitWithAck('reaction.set', body);
    expect(answer).toMatchObject({ ok: false, error: { code: 'INVALID', outcome: 'none' } });
    expect((answer as { error: { message: string } }).error.message).toMatch(message);
    expect(gateway.message.commands).toEqual([]);
  });

  test.each(['__proto__', 'constructor', 'toString', 'message.shout', '', 'error', 'x'.repeat(500)])(
    'the unknown command %j',
    async (name) => {
      const answer: unknown = await untyped(ada.client).emitWithAck(name, {});
      expect(answer).toMatchObject({
        ok: false,
        error: { code: 'INVALID', message: /^There is no command/ },
      });
    },
  );

  test('two bodies', async () => {
    const answer: unknown = await untyped(ada.client).emitWithAck('message.send', valid, valid);
    expect(answer).toMatchObject({ ok: false, error: { code: 'INVALID' } });
  });

  test('prototype keys, which JSON can hold', async () => {
    const raw = JSON.stringify(['message.send', valid]).replace('{', '{"__proto__":{"admin":true},');
    const answer = await raw_(ada.client, raw);
    expect(answer).toContain('"code":"INVALID"');
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });
});

/** Sends a packet that the client library would not, and gives back the next one that comes. */
function raw_(client: Client, packet: string): Promise<string> {
  const { engine } = client.io;
  return new Promise((resolve) => {
    const listen = ({ type, data }: { type: string; data?: unknown }) => {
      if (type !== 'message') return;
      engine.off('packet', listen);
      resolve(String(data));
    };
    engine.on('packet', listen);
    engine.write(`2${'7'}${packet}`);
  });
}

describe('what cannot be answered closes the socket, and is counted', () => {
  const closing = async (client: Client, act: () => void) => {
    const gone = next<string>(client, 'disconnect');
    act();
    return gone;
  };
  const unreadable = (reason: string) =>
    gateway.metric(`parley_gateway_unreadable_sockets_closed_total{reason="${reason}"}`);

  test('a command without an ack; the client is told first', async () => {
    const before = await unreadable('no-ack');
    const closed = next(ada.client, 'session.closed');
    const reason = await closing(ada.client, () => untyped(ada.client).emit('message.send', send()));
    expect(await closed).toMatchObject({ code: 'INVALID', reconnect: false, message: /acknowledgement/ });
    expect(reason).toBe('io server disconnect');
    expect(await unreadable('no-ack')).toBe(before + 1);
    expect(gateway.message.commands).toEqual([]);
  });

  test.each([
    ['broken JSON', '21["message.send",{"text":'],
    ['a reserved event name', '21["disconnect",{}]'],
    ['an object as event name', '21[{},{}]'],
    ['no array', '21{"a":1}'],
    ['an unknown packet type', '9'],
    ['binary that was not announced', Buffer.from('hello')],
  ])('%s', async (_, packet) => {
    const before = await unreadable('packet');
    await closing(ada.client, () => ada.client.io.engine.write(packet));
    expect(await unreadable('packet')).toBe(before + 1);
  });

  test('a frame of 5 MB', async () => {
    const before = await unreadable('frame-too-large');
    await closing(ada.client, () =>
      untyped(ada.client).emit('message.send', send({ text: 'x'.repeat(5e6) }), () => 0),
    );
    expect(await unreadable('frame-too-large')).toBe(before + 1);
  });

  test('10 MB of mentions', async () => {
    const before = await unreadable('frame-too-large');
    const mentions = Array.from({ length: 256 * 1024 }, () => conversationId);
    await closing(ada.client, () => untyped(ada.client).emit('message.send', send({ mentions }), () => 0));
    expect(await unreadable('frame-too-large')).toBe(before + 1);
  });

  test('and the others notice nothing', async () => {
    const grace = await gateway.connect();
    await closing(ada.client, () => ada.client.io.engine.write('21["'));
    expect(await grace.client.emitWithAck('message.send', send())).toEqual(JSON.parse(ok));
  });
});

describe('limits', () => {
  test('10,000 tiny frames: the burst passes, the rest is told to wait, nothing else happens', async () => {
    const fast = await GatewayHarness.start({ limits: { waitingBytesPerSocket: 64 * 1024 * 1024 } });
    const { client } = await fast.connect();
    const began = performance.now();
    const answers = await Promise.all(
      Array.from(
        { length: 10_000 },
        () =>
          untyped(client).emitWithAck('message.send', {}) as Promise<{
            error: { code: string; retryAfterMs?: number };
          }>,
      ),
    );
    const seconds = (performance.now() - began) / 1_000;
    const codes = answers.map(({ error }) => error.code);
    const passed = codes.filter((code) => code === 'INVALID').length;
    expect(passed).toBeGreaterThanOrEqual(300);
    // The burst, and 100 more for each second that it took.
    expect(passed).toBeLessThanOrEqual(300 + Math.ceil(100 * seconds));
    expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(10_000 - passed);
    expect(answers.find(({ error }) => error.code === 'RATE_LIMITED')?.error).toMatchObject({
      retryable: true,
      outcome: 'none',
      retryAfterMs: expect.any(Number),
    });
    await fast.stop();
  });

  test('all sockets of a device share its rate', async () => {
    const slow = await GatewayHarness.start({ limits: { commandsPerSecond: 0.001, commandBurst: 2 } });
    const device = { userId: randomUUID(), deviceId: randomUUID() };
    const sockets = [
      await slow.connect(device),
      await slow.connect(device),
      await slow.connect({ userId: device.userId }),
    ];
    const codes: string[] = [];
    for (const { client } of [sockets[0], sockets[1], sockets[0], sockets[2]].flatMap((each) => each ?? [])) {
      const answer = (await untyped(client).emitWithAck('message.send', {})) as { error: { code: string } };
      codes.push(answer.error.code);
    }
    expect(codes).toEqual(['INVALID', 'INVALID', 'RATE_LIMITED', 'INVALID']);
    await slow.stop();
  });

  test('commands without an answer', async () => {
    gateway.message.onCommand(() => undefined);
    const waiting = Array.from({ length: 3 }, () => ada.client.emitWithAck('message.send', send()));
    const fourth = await ada.client.emitWithAck('message.send', send());
    expect(fourth).toMatchObject({ ok: false, error: { code: 'RATE_LIMITED', outcome: 'none' } });
    for (const command of gateway.message.commands) await gateway.message.reply(command, ok);
    expect(await Promise.all(waiting)).toHaveLength(3);
    gateway.message.onCommand((command) => void gateway.message.reply(command, ok));
    expect(await ada.client.emitWithAck('message.send', send())).toEqual(JSON.parse(ok));
  });

  test('commands of all sockets together', async () => {
    const small = await GatewayHarness.start({ limits: { commandsQueued: 1 } });
    const [first, second] = [await small.connect(), await small.connect()];
    const reached = small.message.nextCommand();
    first.client.emit('message.send', send(), () => undefined);
    await reached;
    const answer = await second.client.emitWithAck('message.send', send());
    expect(answer).toMatchObject({ error: { code: 'OVERLOADED', retryable: true, outcome: 'none' } });
    await small.stop();
  });
});

test('no answer within 5 s is a TIMEOUT of unknown outcome, and a late reply goes nowhere', async () => {
  const reached = gateway.message.nextCommand();
  const answer = ada.client.emitWithAck('message.send', send());
  const command = await reached;
  expect(await answer).toMatchObject({ error: { code: 'TIMEOUT', outcome: 'unknown', retryable: true } });
  await gateway.message.reply(command, ok);
  gateway.message.onCommand((each) => void gateway.message.reply(each, ok));
  expect(await ada.client.emitWithAck('message.send', send())).toEqual(JSON.parse(ok));
});
