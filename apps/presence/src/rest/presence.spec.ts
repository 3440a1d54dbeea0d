import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Module } from '@nestjs/common';
import { type NestExpressApplication } from '@nestjs/platform-express';
import {
  type AccountEventRecord,
  type ErrorBody,
  limits,
  type PresenceSnapshot,
  presenceSnapshotSchema,
  type PresenceVisibility,
  routes,
  topics,
  type UserUpdated,
} from '@parley/contracts';
import { createLog, createService, EventBusModule, type PrivateKey, TokensModule } from '@parley/service';
import { assertDocumented, servedRoutes, TestIssuer } from '@parley/service/testing';
import { decodeJwt } from 'jose';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import request from 'supertest';
import { PresenceModule } from '../app.module.js';
import { People } from '../testing/people.js';
import { TestDatabase } from '../testing/test-database.js';

let database: TestDatabase;
let people: People;
let issuer: TestIssuer;
let app: NestExpressApplication;
let gateway: number;
let privateKey: PrivateKey;
const ada = randomUUID();

beforeAll(async () => {
  database = await TestDatabase.start();
  people = await People.create();
  issuer = await TestIssuer.create();
  gateway = await people.startGateway('gateway-0');
  privateKey = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }) as PrivateKey;
  app = await startService('presence-0');
});

afterAll(async () => {
  await app?.close();
  await people?.bus.close();
  await database?.stop();
});

async function startService(name: string): Promise<NestExpressApplication> {
  @Module({
    imports: [
      // All processes of the spec share one log.
      EventBusModule.register({ ...people.bus, close: async () => undefined }),
      TokensModule.register([issuer.trusted]),
      PresenceModule.register({
        name,
        databaseUrl: database.url,
        databaseConnections: 4,
        privateKey,
        lingerMs: 0,
      }),
    ],
  })
  class SpecModule {}

  const service = await createService({
    name: 'presence',
    config: { port: 0, logLevel: 'error', allowedOrigins: [] },
    module: SpecModule,
    log: createLog('presence', 'error'),
  });
  await service.listen(0, '127.0.0.1');
  return service;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function get(
  userId: string,
  userIds: readonly string[] | string,
  token?: string,
  service = app,
): Promise<Answer> {
  token ??= await issuer.token(userId);
  const list = typeof userIds === 'string' ? userIds : userIds.join(',');
  const answer = await request(service.getHttpServer())
    .get('/v1/presence')
    .query({ userIds: list })
    .set('authorization', `Bearer ${token}`);
  const body = answer.body as { error: ErrorBody };
  assertDocumented({ method: 'GET', path: '/v1/presence', status: answer.status, body });
  return { status: answer.status, body };
}

async function snapshot(userId: string, userIds: readonly string[]): Promise<PresenceSnapshot> {
  const { body, status } = await get(userId, userIds);
  expect(status).toBe(200);
  return presenceSnapshotSchema.parse(body);
}

const seen = async (userId: string, userIds: readonly string[]): Promise<string[]> =>
  (await snapshot(userId, userIds)).items.map((item) => item.userId).sort();

let conversations = 0;
/** They are in one conversation, some of whom have left it. */
async function converse(userIds: readonly string[], left: readonly string[] = []): Promise<void> {
  const conversationId = randomUUID();
  const members = userIds.map((userId) => ({
    userId,
    role: 'member',
    joinedVersion: 1,
    leftVersion: left.includes(userId) ? 2 : null,
    visibleFromSeq: 1,
  }));
  const value = JSON.stringify({ event: 'member.joined', contract: 1, body: { conversationId, members } });
  await people.bus.publisher.publish([{ topic: topics.conversationEvents.name, key: conversationId, value }]);
  conversations += userIds.length;
  await untilStored('members', conversations);
}

/** Waits until the projection has so many rows. */
async function untilStored(table: 'members' | 'privacy' | 'blocks', count: number): Promise<void> {
  const pool = app.get(Pool, { strict: false });
  for (;;) {
    const { rows } = await pool.query<{ count: number }>(`SELECT count(*) FROM presence.${table}`);
    if (rows[0]?.count === count) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function tell(event: AccountEventRecord): Promise<void> {
  await people.bus.publisher.publish([
    { topic: topics.accountEvents.name, key: event.userId, value: JSON.stringify(event) },
  ]);
}

let choices = 0;
async function choose(
  userId: string,
  presenceVisibleTo: PresenceVisibility,
  rest: Partial<UserUpdated> = {},
): Promise<void> {
  await tell({
    event: 'user.updated',
    contract: 1,
    userId,
    username: 'somebody',
    displayName: 'Somebody',
    presenceVisibleTo,
    ...rest,
  });
  choices += 1;
  await untilStored('privacy', choices);
}

describe('somebody sees', () => {
  test('themselves, and those they share a conversation with now', async () => {
    const [friend, former, stranger] = [randomUUID(), randomUUID(), randomUUID()];
    await converse([ada, friend, former], [former]);
    expect(await seen(ada, [ada, friend, friend, former, stranger])).toEqual([ada, friend].sort());
    expect(await seen(friend, [ada])).toEqual([ada]);
    expect(await seen(stranger, [ada, friend])).toEqual([]);
  });

  test('who allows everybody, and nobody who allows nobody', async () => {
    const [open, closed, friend] = [randomUUID(), randomUUID(), randomUUID()];
    await converse([friend, open, closed]);
    await choose(open, 'everybody');
    await choose(closed, 'nobody');
    expect(await seen(ada, [open, closed])).toEqual([open]);
    expect(await seen(friend, [open, closed])).toEqual([open]);
    expect(await seen(closed, [closed])).toEqual([closed]);
  });

  test('nobody whom they have blocked, or who has blocked them, until that ends', async () => {
    const [friend, open] = [randomUUID(), randomUUID()];
    await converse([ada, friend]);
    await choose(open, 'everybody');
    const blocks = [
      { userId: friend, otherUserId: ada },
      { userId: ada, otherUserId: open },
    ];
    for (const block of blocks) await tell({ event: 'user.blocked', contract: 1, ...block });
    await untilStored('blocks', 2);
    expect(await seen(ada, [ada, friend, open])).toEqual([ada]);
    expect(await seen(friend, [ada])).toEqual([]);
    for (const block of blocks) await tell({ event: 'user.unblocked', contract: 1, ...block });
    await untilStored('blocks', 0);
    expect(await seen(ada, [friend, open])).toEqual([friend, open].sort());
  });

  test('whom they block by what is told again, whatever was missed', async () => {
    const [missed, unknown, other] = [randomUUID(), randomUUID(), randomUUID()];
    const userId = randomUUID();
    await converse([userId, missed, unknown, other]);
    for (const otherUserId of [missed, other]) {
      await tell({ event: 'user.blocked', contract: 1, userId, otherUserId });
    }
    await untilStored('blocks', 2);
    await choose(userId, 'shared', { republished: true, blockedUserIds: [unknown] });
    await untilStored('blocks', 1);
    expect(await seen(userId, [missed, unknown, other])).toEqual([missed, other].sort());
    await tell({ event: 'user.unblocked', contract: 1, userId, otherUserId: unknown });
    await untilStored('blocks', 0);
  });

  test('status and version as they are now, and offline for who was never there', async () => {
    const [friend, absent] = [randomUUID(), randomUUID()];
    await converse([ada, friend, absent]);
    await people.connect(friend, 'gateway-0', gateway);
    const online = await people.told(friend, 'online');
    const { items } = await snapshot(ada, [friend, absent]);
    expect(items).toEqual([online, { userId: absent, status: 'offline', lastActiveAt: null, version: 0 }]);
  });
});

test('nobody is shown by a process that starts before what happened meanwhile is applied', async () => {
  const [friend, former] = [randomUUID(), randomUUID()];
  await choose(friend, 'everybody');
  expect(await seen(former, [friend])).toEqual([friend]);
  const writer = await app.get(Pool, { strict: false }).connect();
  await writer.query('BEGIN; LOCK TABLE presence.blocks IN SHARE ROW EXCLUSIVE MODE');
  await tell({ event: 'user.blocked', contract: 1, userId: friend, otherUserId: former });
  const late = await startService('presence-1');
  const ready = async () => (await request(late.getHttpServer()).get('/health/ready')).status;
  const answer = () => get(former, [friend], undefined, late);
  expect(await answer()).toMatchObject({ status: 503, body: { error: { code: 'UNAVAILABLE' } } });
  expect(await ready()).toBe(503);
  await writer.query('COMMIT');
  writer.release();
  while ((await answer()).status === 503) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await answer()).toMatchObject({ status: 200, body: { items: [] } });
  expect(await ready()).toBe(200);
  await late.close();
  await tell({ event: 'user.unblocked', contract: 1, userId: friend, otherUserId: former });
  await untilStored('blocks', 0);
});

test('the grant names the caller and just those whom they see', async () => {
  const [friend, stranger] = [randomUUID(), randomUUID()];
  await converse([ada, friend]);
  const { grant } = await snapshot(ada, [friend, stranger]);
  const { sub, userIds, iat = 0, exp = 0 } = decodeJwt<{ userIds: string[] }>(grant);
  expect({ sub, userIds }).toEqual({ sub: ada, userIds: [friend] });
  expect(exp - iat).toBe(300);
});

test.each([
  ['no list', ''],
  ['no ids', 'me'],
  ['too many', Array.from({ length: limits.presenceQueried.max + 1 }, () => randomUUID())],
  ['ids in capitals', randomUUID().toUpperCase()],
])('%s is refused', async (_, userIds) => {
  const { status, body } = await get(ada, userIds);
  expect(status).toBe(400);
  expect(body).toMatchObject({ error: { code: 'INVALID' } });
});

test('100,000 people at once are refused, before anybody reads them', async () => {
  const userIds = Array.from({ length: 100_000 }, () => randomUUID());
  const refusal = await get(ada, userIds).then(
    ({ status }) => status,
    () => 'closed',
  );
  expect([400, 413, 414, 431, 'closed']).toContain(refusal);
  expect(await seen(ada, [ada])).toEqual([ada]);
});

test('the most people in one request fit into its address', async () => {
  expect(
    await seen(ada, [ada, ...Array.from({ length: limits.presenceQueried.max - 1 }, () => randomUUID())]),
  ).toEqual([ada]);
});

test('its routes are those of the table, and check with the schemas of the table', () => {
  const documented = routes.filter(({ service }) => service !== 'message');
  const nameOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;
  expect(servedRoutes(app).map(nameOf).sort()).toEqual(documented.map(nameOf).sort());
  const query = servedRoutes(app).find(({ path }) => path === '/v1/presence')?.query;
  expect(query).toBe(documented.find(({ name }) => name === 'getPresence')?.query);
});

test('without a token nobody is seen', async () => {
  await request(app.getHttpServer()).get('/v1/presence').query({ userIds: ada }).expect(401);
});

test('a device that was logged out sees nobody any more, other devices and later logins do', async () => {
  const userId = randomUUID();
  const [phone, laptop] = [randomUUID(), randomUUID()];
  const [former, other] = await Promise.all(
    [phone, laptop].map((deviceId) => issuer.token(userId, { deviceId })),
  );
  const statusOf = async (token: string | undefined) => (await get(userId, [userId], token)).status;
  expect(await statusOf(former)).toBe(200);
  const { iat = 0 } = decodeJwt(former ?? '');
  const revokedAt = new Date(iat * 1000 + 1).toISOString();
  await tell({ event: 'device.revoked', contract: 1, userId, deviceId: phone, revokedAt });
  while ((await statusOf(former)) === 200) await new Promise(setImmediate);
  expect(await statusOf(former)).toBe(401);
  expect(await statusOf(other)).toBe(200);
  while (Date.now() < iat * 1000 + 1_000) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await statusOf(await issuer.token(userId, { deviceId: phone }))).toBe(200);
});
