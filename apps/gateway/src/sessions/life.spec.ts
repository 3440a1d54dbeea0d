import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { topics } from '@parley/contracts';
import { type EventBus, PublishError, type Publisher } from '@parley/event-bus';
import { type Connected, GatewayHarness, next, refusal } from '../testing/gateway-harness.js';

let gateway: GatewayHarness;
afterEach(async () => {
  jest.useRealTimers();
  await gateway.stop();
});

const incarnationOf = ({ ready }: Connected) => Number(ready.sessionId.split('/')[1]);
const send = () => ({ conversationId: randomUUID(), id: randomUUID(), text: 'hello' });
const readiness = async () => (await fetch(`${gateway.url}/health/ready`)).status;

/** A bus whose publishes to some topics fail while `away` says so. */
function interruptible(topicNames: (topic: string) => boolean) {
  const state = { away: false };
  const wrap = (bus: EventBus): EventBus => {
    const publish: Publisher['publish'] = async (records, options) => {
      const unconfirmed = records.flatMap(({ topic }, i) => (topicNames(topic) ? i : []));
      if (state.away && unconfirmed.length > 0) throw new PublishError('the broker is away', unconfirmed);
      return bus.publisher.publish(records, options);
    };
    return { ...bus, publisher: { publish } };
  };
  return { state, wrap };
}

describe('declared dead', () => {
  test('it lives on under a new incarnation; clients keep their sockets and sync', async () => {
    gateway = await GatewayHarness.start();
    const ada = await gateway.connect();
    const grace = await gateway.connect();
    const former = incarnationOf(ada);
    const told = [ada, grace].map(({ client }) => next(client, 'session.resync'));
    await gateway.message.declareDead('gateway-0', former);
    expect(await Promise.all(told)).toEqual(Array(2).fill({ reason: 'new-incarnation' }));
    const live = new Map(await gateway.recordsOf(topics.sessions.name));
    const current = Math.max(...[...live.keys()].map((key) => Number(key?.split('/')[2])));
    expect(current).toBeGreaterThan(former);
    for (const { userId, counter } of [ada, grace]) {
      expect(live.get(`${userId}/gateway-0/${former}/${counter}`)).toBeNull();
      expect(live.get(`${userId}/gateway-0/${current}/${counter}`)).toContain(userId);
    }
    const reached = gateway.message.nextCommand();
    const answer = ada.client.emitWithAck('message.send', send());
    const command = await reached;
    expect(command.origin).toMatchObject({ incarnation: current, session: ada.counter });
    await gateway.message.reply(command, '{"ok":true}');
    expect(await answer).toEqual({ ok: true });
    const delivered = next(grace.client, 'message.created');
    await gateway.message.deliver(
      { incarnation: current, recipients: [grace.counter] },
      'message.created',
      '7',
    );
    expect(await delivered).toBe(7);
    const { ready } = await gateway.connect();
    expect(ready.sessionId).toMatch(new RegExp(`^gateway-0/${current}/`));
  });

  test('by a newer life in its slot, it closes its sockets and ends', async () => {
    let superseded: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (superseded = resolve));
    gateway = await GatewayHarness.start({ onSuperseded: () => superseded() });
    const ada = await gateway.connect();
    const gone = next(ada.client, 'disconnect');
    await gateway.message.ping('gateway-0', incarnationOf(ada) + 100);
    await ended;
    expect(await gone).toBe('transport close');
  });
});

test('a log that does not take commands: they are answered as UNAVAILABLE, outcome unknown', async () => {
  const { state, wrap } = interruptible((topic) => topic === topics.conversationCommands.name);
  gateway = await GatewayHarness.start({ wrap });
  gateway.message.onCommand((command) => void gateway.message.reply(command, '{"ok":true}'));
  const { client } = await gateway.connect();
  state.away = true;
  expect(await client.emitWithAck('message.send', send())).toMatchObject({
    ok: false,
    error: { code: 'UNAVAILABLE', outcome: 'unknown', retryable: true },
  });
  state.away = false;
  expect(await client.emitWithAck('message.send', send())).toEqual({ ok: true });
});

test('sessions that cannot be announced are not ready until they are', async () => {
  const { state, wrap } = interruptible((topic) => topic === topics.sessions.name);
  gateway = await GatewayHarness.start({ wrap });
  state.away = true;
  const ready = jest.fn();
  const client = gateway.client({ token: await gateway.issuer.token(randomUUID()), deviceId: randomUUID() });
  client.once('session.ready', ready);
  client.connect();
  await next(client, 'connect');
  expect(ready).not.toHaveBeenCalled();
  state.away = false;
  await next(client, 'session.ready');
});

test('without its log it sends clients away and lets nobody in; it recovers by itself', async () => {
  const { state, wrap } = interruptible((topic) => topic.startsWith('inbox.'));
  gateway = await GatewayHarness.start({ wrap, logAwayMs: 4_000 });
  const ada = await gateway.connect();
  expect(await readiness()).toBe(200);
  state.away = true;
  const draining = await next(ada.client, 'session.draining');
  expect(draining).toEqual({ reconnectAfterMs: expect.any(Number) });
  expect(await readiness()).toBe(503);
  const auth = { token: await gateway.issuer.token(randomUUID()), deviceId: randomUUID() };
  expect((await refusal(gateway.client(auth))).data).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
  expect(ada.client.connected).toBe(true);
  state.away = false;
  while ((await readiness()) !== 200) await new Promise((resolve) => setTimeout(resolve, 50));
  await gateway.connect();
});
