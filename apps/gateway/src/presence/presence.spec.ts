import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type AccountEventRecord,
  limits,
  type Presence,
  presenceGrantAudience,
  presenceGrantIssuer,
  type SessionRecord,
  topics,
} from '@parley/contracts';
import { type PrivateKey, publicKeyOf } from '@parley/service';
import { SignJWT } from 'jose';
import { createPrivateKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import { type Connected, GatewayHarness, next } from '../testing/gateway-harness.js';

const newKey = () => generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }) as PrivateKey;
const people = (count: number): string[] => Array.from({ length: count }, () => randomUUID());

let key: PrivateKey;
let gateway: GatewayHarness;
let ada: Connected;

beforeAll(() => {
  key = newKey();
});

beforeEach(async () => {
  gateway = await GatewayHarness.start({ presenceKeys: { keys: [publicKeyOf(key)] } });
  ada = await gateway.connect();
});

afterEach(() => gateway.stop());

interface GrantOptions {
  readonly signedBy?: PrivateKey;
  readonly audience?: string;
  readonly seconds?: number;
}

function grant(userId: string, userIds: unknown, options: GrantOptions = {}): Promise<string> {
  const { signedBy = key, audience = presenceGrantAudience, seconds = 300 } = options;
  const { alg, kid } = publicKeyOf(signedBy);
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ userIds })
    .setProtectedHeader({ alg, kid })
    .setIssuer(presenceGrantIssuer)
    .setAudience(audience)
    .setSubject(userId)
    .setExpirationTime(now + seconds)
    .sign(createPrivateKey({ key: signedBy, format: 'jwk' }));
}

async function watch(who: Connected, userIds: readonly string[]) {
  return who.client.emitWithAck('presence.watch', { grant: await grant(who.userId, userIds) });
}

async function change(
  userId: string,
  version: number,
  status: Presence['status'] = 'online',
): Promise<Presence> {
  const presence = { userId, status, lastActiveAt: new Date().toISOString(), version };
  await gateway.bus.publisher.publish([
    { topic: topics.presenceChanges.name, key: userId, value: JSON.stringify(presence) },
  ]);
  return presence;
}

const changed = (who: Connected) => next<Presence>(who.client, 'presence.changed');
const refused = (code: string) => ({ ok: false, error: expect.objectContaining({ code }) as unknown });

describe('a session', () => {
  test('sees changes of whom it watches, and of nobody else', async () => {
    const [grace, linus] = people(2) as [string, string];
    const answer = await watch(ada, [grace]);
    expect(answer).toMatchObject({ ok: true });
    if (answer.ok) expect(Date.parse(answer.data.expiresAt)).toBeGreaterThan(Date.now() + 200_000);
    const seen = changed(ada);
    await change(linus, 1);
    const expected = await change(grace, 1);
    expect(await seen).toEqual(expected);
  });

  test('sees what changed between its snapshot and its watch', async () => {
    const [grace] = people(1) as [string];
    const seen = changed(ada);
    await change(grace, 1, 'away');
    const latest = await change(grace, 2);
    await watch(ada, [grace]);
    expect(await seen).toEqual(latest);
  });

  test('sees no more of whom it does not watch any more, and still the others', async () => {
    const [grace, linus] = people(2) as [string, string];
    await watch(ada, [grace]);
    await watch(ada, [linus]);
    await ada.client.emitWithAck('presence.unwatch', { userIds: [grace] });
    const seen = changed(ada);
    await change(grace, 1);
    const expected = await change(linus, 1);
    expect(await seen).toEqual(expected);
  });

  test('sees no more when its grant ends', async () => {
    const [grace, linus] = people(2) as [string, string];
    // Within the tolerance for other clocks: taken, but over.
    const expired = await grant(ada.userId, [grace], { seconds: -2 });
    expect(await ada.client.emitWithAck('presence.watch', { grant: expired })).toMatchObject({ ok: true });
    await watch(ada, [linus]);
    const seen = changed(ada);
    await change(grace, 1);
    const expected = await change(linus, 1);
    expect(await seen).toEqual(expected);
  });

  const profile = { contract: 1, username: 'grace', displayName: 'Grace' } as const;
  const hiding = {
    'hides from everybody': (userId: string) =>
      ({ event: 'user.updated', userId, presenceVisibleTo: 'nobody', ...profile }) as const,
    'blocks them': (userId: string) =>
      ({ event: 'user.blocked', contract: 1, userId, otherUserId: ada.userId }) as const,
    'is blocked by them': (otherUserId: string) =>
      ({ event: 'user.blocked', contract: 1, userId: ada.userId, otherUserId }) as const,
  };
  const showing = {
    'hides from everybody': (userId: string) =>
      ({ event: 'user.updated', userId, presenceVisibleTo: 'shared', ...profile }) as const,
    'blocks them': (userId: string) =>
      ({ event: 'user.unblocked', contract: 1, userId, otherUserId: ada.userId }) as const,
    'is blocked by them': (otherUserId: string) =>
      ({ event: 'user.unblocked', contract: 1, userId: ada.userId, otherUserId }) as const,
  };
  const tell = (event: AccountEventRecord) =>
    gateway.bus.publisher.publish([
      { topic: topics.accountEvents.name, key: event.userId, value: JSON.stringify(event) },
    ]);

  test.each(['hides from everybody', 'blocks them', 'is blocked by them'] as const)(
    'sees no more of who %s, is told to ask again, and an old grant does not help',
    async (how) => {
      const [grace, linus] = people(2) as [string, string];
      const own = await gateway.connect({ userId: grace });
      const old = await grant(ada.userId, [grace, linus]);
      await ada.client.emitWithAck('presence.watch', { grant: old });
      await watch(own, [grace]);
      const seen: string[] = [];
      ada.client.on('presence.changed', ({ userId }) => seen.push(userId));
      const resync = next(ada.client, 'session.resync');
      await tell(hiding[how](grace));
      expect(await resync).toEqual({ reason: 'presence-jump' });
      expect(await ada.client.emitWithAck('presence.watch', { grant: old })).toMatchObject({ ok: true });
      const seenByLinus = changed(ada);
      const seenByGrace = changed(own);
      await change(grace, 1);
      await change(linus, 1);
      await Promise.all([seenByLinus, seenByGrace]);
      expect(seen).toEqual([linus]);
      // And again, as soon as the gateway knows that she shows herself.
      await tell(showing[how](grace));
      for (let version = 2; !seen.includes(grace); version += 1) {
        await change(grace, version);
        await new Promise(setImmediate);
      }
    },
  );

  test('watches nobody any more after its socket has closed', async () => {
    const [grace] = people(1) as [string];
    await watch(ada, [grace]);
    const again = { userId: ada.userId, deviceId: ada.deviceId };
    ada.client.disconnect();
    const other = await gateway.connect(again);
    await change(grace, 1);
    const seen = changed(other);
    await watch(other, [grace]);
    // The change comes with the watch, not before it.
    expect(await seen).toMatchObject({ version: 1 });
  });

  test('is told to ask again when changes are lost', async () => {
    const [grace] = people(1) as [string];
    const idle = await gateway.connect();
    await watch(ada, [grace]);
    const resync = next(ada.client, 'session.resync');
    let told = false;
    idle.client.on('session.resync', () => (told = true));
    await Promise.all(people(200).map((userId) => change(userId, 1)));
    for (let partition = 0; partition < topics.presenceChanges.partitions; partition += 1) {
      gateway.bus.dropBefore(topics.presenceChanges.name, partition, 1_000);
    }
    await change(grace, 1);
    expect(await resync).toEqual({ reason: 'presence-jump' });
    expect(told).toBe(false);
  });
});

describe('a watch is refused', () => {
  const forged: [string, (userId: string) => Promise<string>][] = [
    ['that is no token', async () => 'hello'],
    ['without a signature', async () => `${btoa('{"alg":"none"}')}.${btoa('{"sub":"x"}')}.`],
    ['signed by somebody else', (userId) => grant(userId, people(1), { signedBy: newKey() })],
    ['for another purpose', (userId) => grant(userId, people(1), { audience: 'parley' })],
    ["that is another user's", () => grant(randomUUID(), people(1))],
    ['that has expired', (userId) => grant(userId, people(1), { seconds: -60 })],
    ['whose people are none', (userId) => grant(userId, ['*'])],
    [
      'of more people than one may ask for',
      (userId) => grant(userId, people(limits.presenceQueried.max + 1)),
    ],
  ];
  test.each(forged)('with a grant %s', async (_, make) => {
    const body = { grant: await make(ada.userId) };
    expect(await ada.client.emitWithAck('presence.watch', body)).toEqual(refused('FORBIDDEN'));
  });

  test('whole when it would be too many people, and what is watched stays', async () => {
    const grants = [people(200), people(200), people(101)];
    await watch(ada, grants[0] ?? []);
    await watch(ada, grants[1] ?? []);
    expect(await watch(ada, grants[2] ?? [])).toEqual(refused('TOO_LARGE'));
    expect(await watch(ada, (grants[2] ?? []).slice(1))).toMatchObject({ ok: true });
    const seen = changed(ada);
    const expected = await change(grants[0]?.[0] ?? '', 1);
    expect(await seen).toEqual(expected);
  });

  test.each([{}, { grant: '' }, { grant: 'x'.repeat(65_537) }, { userIds: [randomUUID()] }])(
    'with a body that is malformed: %#',
    async (body) => {
      expect(await ada.client.emitWithAck('presence.watch', body as never)).toEqual(refused('INVALID'));
    },
  );

  test('of 100,000 people to forget', async () => {
    const userIds = people(501);
    expect(await ada.client.emitWithAck('presence.unwatch', { userIds })).toEqual(refused('INVALID'));
  });
});

describe('a device', () => {
  const records = async (): Promise<SessionRecord[]> =>
    (await gateway.recordsOf(topics.sessions.name)).flatMap(([, value]) =>
      value === null ? [] : [JSON.parse(value) as SessionRecord],
    );

  test('says whether it is in use; the same again is not written', async () => {
    for (const state of ['active', 'idle', 'idle', 'active'] as const) {
      expect(await ada.client.emitWithAck('presence.report', { state })).toEqual({ ok: true, data: {} });
    }
    // Written in the order of the reports, and before the session that comes after them.
    const { counter } = await gateway.connect();
    const states = (await records()).filter(({ sessionId }) => !sessionId.endsWith(`/${counter}`));
    expect(states.map(({ state }) => state).at(-1)).toBe('active');
    expect(states.length).toBeLessThanOrEqual(3);
  });

  test('that changes its mind all the time is slowed down', async () => {
    const answers = [];
    for (let n = 0; n < 20; n += 1) {
      const state = n % 2 === 0 ? 'idle' : 'active';
      answers.push(await ada.client.emitWithAck('presence.report', { state }));
    }
    expect(answers.filter(({ ok }) => !ok).at(0)).toEqual(refused('RATE_LIMITED'));
    expect((await records()).length).toBeLessThan(14);
  });
});

test('without keys of a presence service everything else works', async () => {
  const without = await GatewayHarness.start();
  try {
    const grace = await without.connect();
    expect(await watch(grace, people(1))).toEqual(refused('UNAVAILABLE'));
    expect(await grace.client.emitWithAck('presence.report', { state: 'idle' })).toMatchObject({ ok: true });
  } finally {
    await without.stop();
  }
});
