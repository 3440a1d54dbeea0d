import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { topics } from '@parley/contracts';
import { TestIssuer } from '@parley/service/testing';
import { GatewayHarness, next, refusal } from '../testing/gateway-harness.js';

const userId = randomUUID();
const deviceId = randomUUID();
let gateway: GatewayHarness;
beforeAll(async () => {
  gateway = await GatewayHarness.start({
    limits: { socketsPerUser: 2 },
    allowedOrigins: ['https://web.example'],
  });
});
afterAll(() => gateway.stop());

const unsigned = (claims: object) =>
  [{ alg: 'none', typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.') + '.';

describe('a handshake is refused', () => {
  const now = Math.floor(Date.now() / 1000);
  test.each<[string, () => unknown]>([
    ['without anything', () => undefined],
    ['without a token', () => ({ deviceId })],
    ['with an empty token', () => ({ token: '', deviceId })],
    ['with a number as token', () => ({ token: 5, deviceId })],
    ['without a device', async () => ({ token: await gateway.issuer.token(userId) })],
    [
      'with a device id that is no UUID',
      async () => ({ token: await gateway.issuer.token(userId), deviceId: '../../x' }),
    ],
  ])('as INVALID: %s', async (_, auth) => {
    const refused = await refusal(gateway.client(await auth()));
    expect(refused.data).toMatchObject({ code: 'INVALID', retryable: false });
    expect(refused.message).toMatch(/^(token|deviceId): /);
  });

  test.each<[string, () => Promise<string>]>([
    ['no JSON Web Token', async () => 'hello'],
    [
      'alg none',
      async () =>
        unsigned({ iss: gateway.issuer.trusted.issuer, aud: 'parley', sub: userId, iat: now, exp: now + 60 }),
    ],
    [
      'an unknown issuer',
      async () => (await TestIssuer.create('https://evil.test')).token(userId, { deviceId }),
    ],
    ['signed with another key', async () => (await TestIssuer.create()).token(userId, { deviceId })],
    ['expired', () => gateway.issuer.token(userId, { deviceId, expiresInSeconds: -60 })],
    ['for another audience', () => gateway.issuer.token(userId, { deviceId, audience: 'others' })],
    ['of another device', () => gateway.issuer.token(userId, { deviceId: randomUUID() })],
    [
      'that lives longer than revocations are remembered',
      () => gateway.issuer.token(userId, { deviceId, expiresInSeconds: 90_000 }),
    ],
    ['with a changed payload', async () => tampered(await gateway.issuer.token(userId, { deviceId }))],
  ])('as UNAUTHENTICATED: a token %s', async (_, token) => {
    const refused = await refusal(gateway.client({ token: await token(), deviceId }));
    expect(refused.data).toMatchObject({ code: 'UNAUTHENTICATED', retryable: false });
  });

  test('from the page of an unknown origin', async () => {
    const auth = { token: await gateway.issuer.token(userId), deviceId };
    const from = (origin: string) => gateway.client(auth, { extraHeaders: { origin } });
    expect((await refusal(from('https://evil.example'))).message).toBe('websocket error');
    const client = from('https://web.example');
    client.connect();
    await next(client, 'session.ready');
    client.disconnect();
  });

  test('beyond the sockets of one user; those that are open stay', async () => {
    const many = randomUUID();
    const open = [await gateway.connect({ userId: many }), await gateway.connect({ userId: many })];
    const one = { token: await gateway.issuer.token(many), deviceId };
    const refused = await refusal(gateway.client(one));
    expect(refused.data).toMatchObject({ code: 'RATE_LIMITED', retryable: true });
    expect(open.every(({ client }) => client.connected)).toBe(true);
    open[0]?.client.disconnect();
    await gateway.connect({ userId: randomUUID() });
    await gateway.connect({ userId: many });
  });
});

test('sockets of one user that come at the same moment are limited too', async () => {
  const many = randomUUID();
  const auth = { token: await gateway.issuer.token(many), deviceId };
  const outcomes = await Promise.all(
    Array.from({ length: 6 }, () => {
      const client = gateway.client(auth);
      return new Promise<string>((resolve) => {
        client.once('session.ready', () => resolve('ready'));
        client.once('session.closed', ({ code }) => resolve(code));
        client.once('connect_error', (error) =>
          resolve((error as { data?: { code: string } }).data?.code ?? ''),
        );
        client.connect();
      });
    }),
  );
  expect(outcomes.sort()).toEqual([...Array<string>(4).fill('RATE_LIMITED'), 'ready', 'ready']);
});

function tampered(token: string): string {
  const [head, , signature] = token.split('.');
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: gateway.issuer.trusted.issuer,
    aud: 'parley',
    sub: randomUUID(),
    iat: now,
    exp: now + 60,
  };
  return [head, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
}

describe('a session', () => {
  test('is told who it is and which limits hold', async () => {
    const { ready, userId, deviceId } = await gateway.connect();
    expect(ready).toMatchObject({ userId, deviceId, limits: { commandsPerSecond: 100, textLength: 8_000 } });
    expect(ready.sessionId).toMatch(/^gateway-0\/\d+\/\d+$/);
  });

  test('belongs to any device where the token names none', async () => {
    const client = gateway.client({ token: await gateway.issuer.token(userId), deviceId });
    client.connect();
    expect(await next(client, 'session.ready')).toMatchObject({ userId, deviceId });
    client.disconnect();
  });

  test('stands in the log before it is ready, and its end after it', async () => {
    const own = randomUUID();
    const records: [string | null, string | null][] = [];
    let tell: () => void = () => undefined;
    const following = await gateway.bus.reader.follow({
      topics: [topics.sessions.name],
      from: 'latest',
      onRecords: (read) => {
        for (const { key, value } of read) {
          if (!key?.startsWith(own)) continue;
          records.push([key, value?.toString() ?? null]);
          tell();
        }
      },
    });
    const told = () => new Promise<void>((resolve) => (tell = resolve));
    const begun = told();
    const { client, ready, deviceId } = await gateway.connect({ userId: own });
    await begun;
    const key = `${own}/${ready.sessionId}`;
    expect(records.map(([recordKey]) => recordKey)).toEqual([key]);
    expect(JSON.parse(records[0]?.[1] ?? '')).toMatchObject({ userId: own, deviceId, state: 'active' });
    const ended = told();
    client.disconnect();
    await ended;
    expect(records[1]).toEqual([key, null]);
    await following.stop();
  });
});
