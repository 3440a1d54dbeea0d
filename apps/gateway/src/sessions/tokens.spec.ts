import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type DeviceRevoked, topics } from '@parley/contracts';
import type { MemoryBus } from '@parley/event-bus';
import { GatewayHarness, next, refusal } from '../testing/gateway-harness.js';

let gateway: GatewayHarness;
beforeAll(async () => {
  gateway = await GatewayHarness.start();
});
afterAll(() => gateway.stop());

async function revoke(bus: MemoryBus, device: { userId: string; deviceId: string }, at = Date.now()) {
  const event: DeviceRevoked = {
    event: 'device.revoked',
    contract: 1,
    userId: device.userId,
    deviceId: device.deviceId,
    revokedAt: new Date(at).toISOString(),
  };
  const { name } = topics.accountEvents;
  await bus.topics.ensure([topics.accountEvents]);
  await bus.publisher.publish([{ topic: name, key: device.userId, value: JSON.stringify(event) }]);
}

describe('a device that is logged out', () => {
  test('loses its sockets, for good; other devices of the person keep theirs', async () => {
    const phone = await gateway.connect();
    const laptop = await gateway.connect({ userId: phone.userId });
    const closed = next(phone.client, 'session.closed');
    const gone = next(phone.client, 'disconnect');
    await revoke(gateway.bus, phone, Date.now() + 1_000);
    expect(await closed).toMatchObject({ code: 'UNAUTHENTICATED', reconnect: false });
    expect(await gone).toBe('io server disconnect');
    expect(laptop.client.connected).toBe(true);
  });

  test('is not let in with a token from before, but with a newer one', async () => {
    const device = { userId: randomUUID(), deviceId: randomUUID() };
    const { deviceId } = device;
    const token = await gateway.issuer.token(device.userId, { deviceId });
    const others = await gateway.connect();
    const seen = next(others.client, 'session.closed');
    await revoke(gateway.bus, device, Date.now() + 500);
    // In the same partition or not, this one is written later; its effect shows that the other was read.
    await revoke(gateway.bus, others, Date.now() + 1_000);
    await seen;
    expect((await refusal(gateway.client({ token, deviceId }))).data).toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    await revoke(gateway.bus, { ...device, deviceId: randomUUID() });
    await gateway.connect({ userId: device.userId });
  });

  test('stays out when the gateway starts anew', async () => {
    const device = { userId: randomUUID(), deviceId: randomUUID() };
    let bus: MemoryBus | undefined;
    const restarted = await GatewayHarness.start({
      prepare: async (fresh) => {
        bus = fresh;
        await revoke(fresh, device, Date.now() + 1_000);
      },
    });
    expect(bus).toBeDefined();
    const token = await restarted.issuer.token(device.userId, { deviceId: device.deviceId });
    const refused = await refusal(restarted.client({ token, deviceId: device.deviceId }));
    expect(refused.data).toMatchObject({ code: 'UNAUTHENTICATED' });
    await restarted.stop();
  });

  test('unreadable account events are passed over', async () => {
    const { name } = topics.accountEvents;
    await gateway.bus.publisher.publish([
      { topic: name, key: 'x', value: 'no JSON' },
      { topic: name, key: 'x', value: '{"event":"device.exploded"}' },
    ]);
    const phone = await gateway.connect();
    const closed = next(phone.client, 'session.closed');
    await revoke(gateway.bus, phone, Date.now() + 1_000);
    await closed;
  });
});

describe('a token that ends', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  /** The gateway's clock goes on by so much; a real wait would have to outlast whatever comes before it. */
  const pass = (seconds: number) => {
    const now = Date.now;
    jest.spyOn(Date, 'now').mockImplementation(() => now() + seconds * 1_000);
  };

  test('ends its session, which may come again', async () => {
    const { client } = await gateway.connect({ expiresInSeconds: 300 });
    const gone = next(client, 'disconnect');
    const closed = next(client, 'session.closed');
    pass(301);
    expect(await closed).toMatchObject({ code: 'UNAUTHENTICATED', reconnect: true });
    expect(await gone).toBe('transport close');
  });

  test('can be renewed on the same socket', async () => {
    const { client, userId, deviceId } = await gateway.connect({ expiresInSeconds: 300 });
    const token = await gateway.issuer.token(userId, { deviceId, expiresInSeconds: 600 });
    const answer = await client.emitWithAck('session.renew', { token });
    expect(answer).toEqual({ ok: true, data: { expiresAt: expect.any(String) } });
    const watched = await gateway.connect({ expiresInSeconds: 300 });
    const closed = next(watched.client, 'session.closed');
    pass(301);
    // When this one, which began later, is closed, the other would have been too.
    await closed;
    expect(client.connected).toBe(true);
  });

  test.each<[string, string, (own: { userId: string; deviceId: string }) => Promise<string>]>([
    ['of another person', 'FORBIDDEN', ({ deviceId }) => gateway.issuer.token(randomUUID(), { deviceId })],
    [
      'of another device',
      'UNAUTHENTICATED',
      ({ userId }) => gateway.issuer.token(userId, { deviceId: randomUUID() }),
    ],
    ['that is none', 'UNAUTHENTICATED', async () => 'hello'],
    [
      'that has expired',
      'UNAUTHENTICATED',
      ({ userId }) => gateway.issuer.token(userId, { expiresInSeconds: -60 }),
    ],
  ])('is not renewed by one %s', async (_, code, mint) => {
    const own = await gateway.connect();
    const answer = await own.client.emitWithAck('session.renew', { token: await mint(own) });
    expect(answer).toMatchObject({ ok: false, error: { code, outcome: 'none' } });
    expect(own.client.connected).toBe(true);
  });
});
