import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mintId } from '@parley/client';
import { limits } from '@parley/contracts/constants';
import { untilHolds } from '../harness/expectations.js';
import { RawSocket } from '../harness/raw-socket.js';
import { runningSystem } from '../harness/running-system.js';
import { expectNoViolations } from '../harness/verdict.js';
import { type LoggedDevice } from '../harness/logged-device.js';
import { World } from '../harness/world.js';

const refused = (code: string) => ({
  ok: false,
  error: expect.objectContaining({ code, message: expect.stringMatching(/\S{3}/) }) as unknown,
});

describe('hostile input at the wire', () => {
  const world = new World(runningSystem());
  const sockets: RawSocket[] = [];
  let victim: LoggedDevice;
  let friend: LoggedDevice;
  let attackerId: string;
  let conversationId: string;
  let texts: string[];

  beforeAll(async () => {
    const [victimId, friendId, attacker] = (await world.people(3)) as [string, string, string];
    attackerId = attacker;
    victim = await world.connected(victimId);
    friend = await world.connected(friendId);
    conversationId = await world.group(victim, [friendId, attackerId]);
    texts = [];
  });

  const open = async (): Promise<RawSocket> => {
    const socket = new RawSocket(world.system.url);
    sockets.push(socket);
    const deviceId = mintId();
    await socket.connect({ token: world.system.issuer.token({ userId: attackerId, deviceId }), deviceId });
    await socket.frame((text) => text.includes('session.ready'));
    return socket;
  };

  /** Whatever was done to the service: the others do not notice. */
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.close();
    const text = `still fine ${texts.length}`;
    const { message } = await victim.client.send(conversationId, text);
    texts.push(text);
    expect(message.seq).toBe(texts.length);
    await untilHolds(friend, conversationId, texts);
  });

  afterAll(async () => {
    await expectNoViolations(await world.prove());
    await world.end();
  });

  const send = (body: object) => ({ conversationId, id: mintId(), text: 'text', ...body });

  test.each([
    ['broken JSON', '421["message.send",{"text":'],
    ['no JSON at all', '421hello'],
    ['an event name that is no text', '421[7,{}]'],
    ['a reserved event name', '421["disconnect",{}]'],
    ['an unknown packet type', '49'],
    ['an unknown engine.io packet', 'x'],
    ['an ack for nothing', '43999[]'],
    ['a binary packet without its parts', '451-1["message.send",{"_placeholder":true,"num":0}]'],
  ])('%s closes that socket, or is ignored, and nothing else', async (_, frame) => {
    const socket = await open();
    socket.send(frame);
    const answer = socket.request(2, 'message.send', send({ text: '' })).catch(() => 'closed');
    const outcome = await Promise.race([answer, socket.closed().then(() => 'closed')]);
    if (outcome !== 'closed') expect(outcome).toEqual(refused('INVALID'));
  });

  test('binary rubbish closes that socket', async () => {
    const socket = await open();
    socket.send(new Uint8Array([0, 255, 1, 254]));
    await socket.closed();
  });

  test('a frame of 5 MB closes that socket', async () => {
    const socket = await open();
    socket.send(`421${JSON.stringify(['message.send', send({ text: 'x'.repeat(5 * 1024 * 1024) })])}`);
    await socket.closed();
  });

  test.each([
    ['no body', null],
    ['a list', []],
    ['a text', 'message'],
    ['a number', 7],
    ['nested a thousand times', JSON.parse('['.repeat(1000) + ']'.repeat(1000))],
  ])('a command whose body is %s is refused', async (_, body) => {
    const socket = await open();
    expect(await socket.request(1, 'message.send', body)).toEqual(refused('INVALID'));
  });

  test('prototype keys are refused, and change nothing', async () => {
    const socket = await open();
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      const body = JSON.stringify(send({})).replace('{', `{${JSON.stringify(key)}:{"polluted":true},`);
      socket.send(`427["message.send",${body}]`);
      const answer = await socket.frame((text) => text.startsWith('437['));
      expect(JSON.parse(answer.slice(3))).toEqual([refused('INVALID')]);
      socket.received.length = 0;
    }
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      expect(await socket.request(8, name, send({}))).toEqual(refused('INVALID'));
      socket.received.length = 0;
    }
  });

  test.each([
    ['a NUL', 'a\u0000b'],
    ['a lone high surrogate', 'a\ud800b'],
    ['a lone low surrogate', 'a\udc00b'],
    ['nothing but spaces', '   '],
  ])('a text with %s is refused', async (_, text) => {
    const socket = await open();
    expect(await socket.request(1, 'message.send', send({ text }))).toEqual(refused('INVALID'));
  });

  test('a text beyond the limit is refused', async () => {
    const socket = await open();
    const text = 'x'.repeat(limits.textLength.default + 1);
    const answer = (await socket.request(1, 'message.send', send({ text }))) as { error?: { code: string } };
    expect(['TOO_LARGE', 'INVALID']).toContain(answer.error?.code);
  });

  test.each([
    ['an id that is none', { id: 'one' }],
    ['an id in capitals', { id: mintId().toUpperCase() }],
    ['a conversation that is none', { conversationId: "'; DROP TABLE messaging.messages; --" }],
    ['a field that nobody knows', { admin: true }],
    ['another user as its sender', { senderId: mintId() }],
    ['a text that is a number', { text: 7 }],
    ['an own seq', { seq: 1 }],
  ])('a message with %s is refused', async (_, body) => {
    const socket = await open();
    expect(await socket.request(1, 'message.send', send(body))).toEqual(refused('INVALID'));
  });

  test('an unknown event is refused; without an ack it closes that socket', async () => {
    const socket = await open();
    expect(await socket.request(1, 'message.explode', {})).toEqual(refused('INVALID'));
    socket.send('42["message.explode",{}]');
    await socket.closed();
  });

  test('a malformed command without an ack closes that socket', async () => {
    const socket = await open();
    socket.send('42["message.send",{}]');
    await socket.closed();
  });

  test('10,000 tiny frames are limited, and each that is answered gets its answer', async () => {
    const socket = await open();
    for (let number = 1; number <= 10_000; number += 1) socket.send(`42${number}["message.send",{}]`);
    const done = () => socket.received.filter((text) => text.startsWith('43')).length === 10_000;
    const outcome = await Promise.race([
      socket.closed(30_000).then(() => 'closed'),
      (async () => {
        while (!done() && socket.closeCode === undefined)
          await new Promise((resolve) => setTimeout(resolve, 50));
        return 'answered';
      })(),
    ]);
    expect(['closed', 'answered']).toContain(outcome);
    const answers = socket.received.filter((text) => text.startsWith('43'));
    expect(answers.every((text) => /"code":"(INVALID|RATE_LIMITED|OVERLOADED)"/.test(text))).toBe(true);
    expect(answers.some((text) => text.includes('RATE_LIMITED'))).toBe(true);
  });

  test('the ids of others open nothing', async () => {
    const outsiderId = (await world.people(1))[0] as string;
    const deviceId = mintId();
    const socket = new RawSocket(world.system.url);
    sockets.push(socket);
    await socket.connect({ token: world.system.issuer.token({ userId: outsiderId, deviceId }), deviceId });
    await socket.frame((text) => text.includes('session.ready'));
    const message = victim.client.conversationState(conversationId)?.messages.get(1);
    const target = { conversationId, id: message?.id, commandId: mintId() };
    const answers = [
      await socket.request(1, 'message.send', send({})),
      await socket.request(2, 'message.edit', { ...target, text: 'taken over' }),
      await socket.request(3, 'message.delete', { ...target, commandId: mintId() }),
      await socket.request(4, 'message.send', send({ conversationId: mintId() })),
    ];
    for (const answer of answers) expect(answer).toEqual(refused('NOT_FOUND'));
  });
});
