import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Module } from '@nestjs/common';
import { type NestExpressApplication } from '@nestjs/platform-express';
import {
  type AccountEventRecord,
  type Credentials,
  type ErrorBody,
  type Profile,
  topics,
  type User,
} from '@parley/contracts';
import { createMemoryBus, type ReceivedRecord } from '@parley/event-bus';
import {
  createLog,
  createService,
  EventBusModule,
  ownIssuer,
  publicKeyOf,
  TokensModule,
} from '@parley/service';
import { assertDocumented, TestIssuer } from '@parley/service/testing';
import { decodeJwt } from 'jose';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { PrismaClient } from '@parley/database';
import pg from 'pg';
import request from 'supertest';
import { DatabaseModule } from '../database.module.js';
import { TestDatabase } from '../testing/test-database.js';
import { UsersModule } from '../users/users.module.js';
import { accountEnvironment } from './account-settings.js';
import { AccountsModule } from './accounts.module.js';
import { Devices } from './devices.js';

const issuer = 'parley';
const audience = 'parley';
const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
const privateKey = accountEnvironment.TOKEN_PRIVATE_KEY.parse(JSON.stringify(jwk));

let database: TestDatabase;
/** Its subjects are ids of users. */
let external: TestIssuer;
/** Its subjects mean nothing here. */
let stranger: TestIssuer;
let app: NestExpressApplication;
let sql: pg.Pool;
const bus = createMemoryBus();
const told: AccountEventRecord[] = [];
let onTold: () => void = () => undefined;

beforeAll(async () => {
  database = await TestDatabase.start();
  external = await TestIssuer.create();
  stranger = await TestIssuer.create('https://stranger.test');
  const own = ownIssuer({ issuer, audience, jwks: { keys: [publicKeyOf(privateKey)] } });
  const others = [external.trusted, { ...stranger.trusted, subjectIsUserId: false }];

  @Module({
    imports: [
      EventBusModule.register(bus),
      DatabaseModule.register({ url: database.url, applicationName: 'spec' }),
      TokensModule.register([own, ...others]),
      AccountsModule.register({ issuer, audience, privateKey }),
      UsersModule,
    ],
  })
  class SpecModule {}

  app = await createService({
    name: 'accounts',
    config: { port: 0, logLevel: 'error', allowedOrigins: [], trustedProxyHops: 1 },
    module: SpecModule,
    log: createLog('accounts', 'error'),
  });
  await app.listen(0, '127.0.0.1');
  sql = app.get(pg.Pool);
  await bus.reader.follow({
    topics: [topics.accountEvents.name],
    from: 'earliest',
    onRecords: (records: readonly ReceivedRecord[]) => {
      for (const { value } of records) told.push(JSON.parse(String(value)) as AccountEventRecord);
      onTold();
    },
  });
});

afterAll(async () => {
  await app?.close();
  await database?.stop();
});

interface Answer<T> {
  status: number;
  headers: Record<string, string>;
  body: T & { error: ErrorBody };
}

let address = 0;
/** Each call comes from another address, unless it names one. */
async function post<T = Credentials>(path: string, body: object | string, from?: string): Promise<Answer<T>> {
  address += 1;
  const answer = await request(app.getHttpServer())
    .post(path)
    .set('x-forwarded-for', from ?? `10.0.${address >> 8}.${address & 255}`)
    .set('content-type', 'application/json')
    .send(body);
  return documented('POST', path, answer);
}

async function get<T = User>(path: string, token: string): Promise<Answer<T>> {
  return documented('GET', path, await request(app.getHttpServer()).get(path).set(bearer(token)));
}

async function patch<T = Profile>(path: string, token: string, body: object): Promise<Answer<T>> {
  const answer = await request(app.getHttpServer()).patch(path).set(bearer(token)).send(body);
  return documented('PATCH', path, answer);
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Every answer is compared with the table of routes. */
function documented<T>(method: string, path: string, answer: request.Response): Answer<T> {
  const { status, headers, text } = answer;
  const body = answer.body as Answer<T>['body'];
  assertDocumented({ method, path, status, body: text === '' ? undefined : body });
  return { status, headers, body };
}

const password = 'correct horse';
async function register(username: string): Promise<Credentials> {
  const answer = await post('/v1/auth/register', { username, password, displayName: username.toUpperCase() });
  expect(answer.status).toBe(201);
  return answer.body;
}

let people = 0;
/** Logged in without the half second that a password takes. */
async function person(username = `person${(people += 1)}`): Promise<Credentials> {
  const user = { id: randomUUID(), username, displayName: username };
  await app.get(PrismaClient).user.create({ data: user });
  return app.get(Devices).open(user);
}

async function eventOf(userId: string): Promise<AccountEventRecord> {
  for (;;) {
    const found = told.find((record) => record.userId === userId);
    if (found) return found;
    await new Promise<void>((resolve) => (onTold = resolve));
  }
}

describe('registering and logging in', () => {
  test('opens a device with tokens bound to it', async () => {
    const registered = await register('ada');
    expect(registered).toMatchObject({ user: { username: 'ada', displayName: 'ADA' }, expiresIn: 900 });
    expect(decodeJwt(registered.accessToken)).toMatchObject({
      iss: issuer,
      aud: audience,
      sub: registered.user.id,
      deviceId: registered.deviceId,
    });
    const deviceId = randomUUID();
    const login = await post('/v1/auth/login', { username: 'Ada', password, deviceId });
    expect(login.status).toBe(200);
    expect(login.headers['cache-control']).toBe('no-store');
    expect(login.body).toMatchObject({ user: registered.user, deviceId });
    expect((await get('/v1/users/me', login.body.accessToken)).body).toMatchObject(registered.user);
  });

  test('a username belongs to one person, also when two ask at once', async () => {
    const body = { username: 'wanted', password };
    const answers = await Promise.all([1, 2, 3].map(() => post('/v1/auth/register', body)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
  });

  test.each([
    ['a short password', { username: 'shorty', password: '1234567' }],
    ['an upper-case username', { username: 'Upper', password }],
    ['a username with NUL', { username: 'nul\0', password }],
    ['a display name with a lone surrogate', { username: 'lone', password, displayName: '\ud800' }],
    ['an unknown field', { username: 'extra', password, admin: true }],
    ['prototype keys', '{"username":"proto","password":"correct horse","__proto__":{"admin":true}}'],
    ['broken JSON', '{"username":'],
    ['a device id that is none', { username: 'device', password, deviceId: '1' }],
    ['a list', []],
  ])('refuses %s', async (_, body) => {
    const { status, body: answer } = await post('/v1/auth/register', body);
    expect({ status, code: answer.error.code }).toEqual({ status: 400, code: 'INVALID' });
  });

  test.each([
    ['a wrong password', 'ada', 'wrong'],
    ['nobody', 'nobody-here', password],
    ['no username at all', 'a\0\ud800', password],
  ])('refuses %s in the same words', async (_, username, given) => {
    const { status, body } = await post('/v1/auth/login', { username, password: given });
    expect(status).toBe(401);
    expect(body.error).toMatchObject({ code: 'UNAUTHENTICATED', message: 'Username or password is wrong.' });
  });

  test('passwords are stored as scrypt with its parameters', async () => {
    const { rows } = await sql.query<{ hash: string }>(
      'SELECT password_hash AS hash FROM messaging.users LIMIT 1',
    );
    expect(rows[0]?.hash).toMatch(/^scrypt\$32768\$8\$3\$/);
  });
});

describe('wrong passwords', () => {
  test('of one name are limited, all at once or one by one, and right ones are free', async () => {
    await register('target');
    await sql.query(
      `INSERT INTO messaging.login_failures VALUES ('user:target', 8, now() + interval '15 minutes')`,
    );
    const wrong = () => post('/v1/auth/login', { username: 'target', password: 'wrong' });
    const burst = await Promise.all([wrong(), wrong(), wrong(), wrong()]);
    expect(burst.map(({ status }) => status).sort()).toEqual([401, 401, 429, 429]);
    const { status, body, headers } = await post('/v1/auth/login', { username: 'target', password });
    expect({ status, code: body.error.code }).toEqual({ status: 429, code: 'RATE_LIMITED' });
    expect(body.error.retryAfterMs).toBeGreaterThan(800_000);
    expect(Number(headers['retry-after'])).toBeGreaterThan(800);
    await sql.query(
      `UPDATE messaging.login_failures SET window_ends_at = now() WHERE subject = 'user:target'`,
    );
    for (let round = 0; round < 12; round += 1) {
      expect((await post('/v1/auth/login', { username: 'target', password })).status).toBe(200);
    }
  });

  test('from one network are limited, without using up the attempts of a name', async () => {
    const away = { username: 'ada', password: 'wrong' };
    await sql.query(
      `INSERT INTO messaging.login_failures VALUES ('address:2001:db8:0:1::/64', 100, now() + interval '1 minute')`,
    );
    for (let round = 0; round < 11; round += 1) {
      expect((await post('/v1/auth/login', away, `2001:db8:0:1::${round + 1}`)).status).toBe(429);
    }
    expect((await post('/v1/auth/login', { username: 'ada', password })).status).toBe(200);
  });
});

describe('refresh tokens', () => {
  const refresh = (refreshToken: string) => post('/v1/auth/refresh', { refreshToken });

  test('are exchanged for new ones, and the one before stays good for a moment', async () => {
    const first = await person();
    const second = await refresh(first.refreshToken);
    expect(second.status).toBe(200);
    expect(second.body).toMatchObject({ user: first.user, deviceId: first.deviceId });
    expect(second.body.refreshToken).not.toBe(first.refreshToken);
    expect((await refresh(first.refreshToken)).status).toBe(200);
    expect((await refresh(second.body.refreshToken)).status).toBe(200);
  });

  test('used long after they were exchanged end the whole family', async () => {
    const first = await person();
    const { body: second } = await refresh(first.refreshToken);
    await sql.query(
      `UPDATE messaging.refresh_tokens SET replaced_at = replaced_at - interval '31 seconds' WHERE user_id = $1`,
      [first.user.id],
    );
    expect((await refresh(first.refreshToken)).status).toBe(401);
    expect((await refresh(second.refreshToken)).status).toBe(401);
    expect((await get('/v1/users/me', second.accessToken)).status).toBe(401);
    expect(await eventOf(first.user.id)).toMatchObject({ event: 'device.revoked', deviceId: first.deviceId });
  });

  test('end by themselves', async () => {
    const { refreshToken, user } = await person();
    await sql.query('UPDATE messaging.refresh_tokens SET expires_at = now() WHERE user_id = $1', [user.id]);
    expect((await refresh(refreshToken)).status).toBe(401);
  });

  test.each(['', 'x', '\0\ud800', 'x'.repeat(100)])('that nobody issued are refused: %j', async (token) => {
    expect((await refresh(token)).status).toBe(401);
    expect((await post('/v1/auth/logout', { refreshToken: token })).status).toBe(204);
  });

  test('exchanging and logging out at once never leaves a live token behind', async () => {
    const { refreshToken, user } = await person();
    await Promise.all([
      ...Array.from({ length: 4 }, () => refresh(refreshToken)),
      post('/v1/auth/logout', { refreshToken }),
    ]);
    const { rows } = await sql.query('SELECT FROM messaging.refresh_tokens WHERE user_id = $1', [user.id]);
    expect(rows).toHaveLength(0);
  });
});

describe('logging out', () => {
  test('ends the device at once, tells the others, and leaves other devices alone', async () => {
    const first = await person();
    const other = await app.get(Devices).open(first.user);
    expect((await post('/v1/auth/logout', { refreshToken: first.refreshToken })).status).toBe(204);
    const event = await eventOf(first.user.id);
    expect(event).toMatchObject({ event: 'device.revoked', contract: 1, deviceId: first.deviceId });
    expect((await get('/v1/users/me', first.accessToken)).status).toBe(401);
    expect((await post('/v1/auth/refresh', { refreshToken: first.refreshToken })).status).toBe(401);
    expect((await get('/v1/users/me', other.accessToken)).status).toBe(200);
  });

  test('and in again on the same device works at once', async () => {
    const first = await person();
    await post('/v1/auth/logout', { refreshToken: first.refreshToken });
    const { deviceId, user } = first;
    const again = await app.get(Devices).open(user, deviceId);
    expect((await get('/v1/users/me', again.accessToken)).status).toBe(200);
    const event = await eventOf(user.id);
    const { iat = 0 } = decodeJwt(again.accessToken);
    expect(event.event === 'device.revoked' && Date.parse(event.revokedAt)).toBeLessThan(iat * 1000);
  });
});

test('the keys that verify our tokens are public, their private halves are not', async () => {
  const path = '/.well-known/jwks.json';
  const answer = await request(app.getHttpServer()).get(path).expect(200);
  const { body } = documented<{ keys: Record<string, string>[] }>('GET', path, answer);
  expect(body.keys).toEqual([
    { kty: 'EC', crv: 'P-256', x: jwk.x, y: jwk.y, kid: expect.any(String), alg: 'ES256', use: 'sig' },
  ]);
});

test('EdDSA keys serve as well, others are refused when the service starts', () => {
  const ed25519 = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const read = (key: object) => accountEnvironment.TOKEN_PRIVATE_KEY.safeParse(JSON.stringify(key));
  expect(publicKeyOf(read(ed25519).data!)).toMatchObject({ kty: 'OKP', alg: 'EdDSA' });
  expect(read({ ...jwk, x: 'AA' }).success).toBe(false);
  expect(read(publicKeyOf(privateKey)).success).toBe(false);
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({ format: 'jwk' });
  expect(read(p384).success).toBe(false);
});

describe('users', () => {
  test('of another issuer get a row when they are first seen', async () => {
    const id = randomUUID();
    const seen = await Promise.all(
      [1, 2, 3].map(async () => get<Profile>('/v1/users/me', await external.token(id))),
    );
    for (const { status, body } of seen) {
      expect(status).toBe(200);
      expect(body).toEqual({
        id,
        username: expect.stringMatching(/^user-[a-z0-9]+$/),
        displayName: body.username,
        presenceVisibleTo: 'shared',
      });
    }
    const { accessToken } = await person();
    const { username } = seen[0]?.body as Profile;
    expect((await get(`/v1/users/${id}`, accessToken)).body).toEqual({ id, username, displayName: username });
  });

  test('of this place are nobody whom another issuer could speak for', async () => {
    const { user } = await person();
    const { status, body } = await get('/v1/users/me', await stranger.token(user.id));
    expect(status).toBe(200);
    expect(body.id).not.toBe(user.id);
    expect(body.username).not.toBe(user.username);
  });

  test('change how they are called, and the others are told', async () => {
    const { user, accessToken } = await person();
    const answer = await patch('/v1/users/me', accessToken, {
      displayName: 'Countess',
      presenceVisibleTo: 'nobody',
    });
    expect(answer.status).toBe(200);
    const profile = { ...user, displayName: 'Countess', presenceVisibleTo: 'nobody' };
    expect(answer.body).toEqual(profile);
    const { id: userId, ...told } = profile;
    expect(await eventOf(user.id)).toEqual({ event: 'user.updated', contract: 1, userId, ...told });
  });

  test('that do not exist are not found, and ids that are none are refused', async () => {
    const token = await external.token(randomUUID());
    expect((await get(`/v1/users/${randomUUID()}`, token)).status).toBe(404);
    expect((await get('/v1/users/__proto__', token)).status).toBe(400);
  });
});

test('without a database, requests fail retryably, and work again when it is back', async () => {
  const token = await external.token(randomUUID());
  await get('/v1/users/me', token);
  const blocked = new pg.Client({ connectionString: database.superuserUrl });
  await blocked.connect();
  await blocked.query('ALTER ROLE parley_message NOLOGIN');
  await blocked.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'parley_message'`,
  );
  const { status, body } = await get('/v1/users/me', token);
  expect(status).toBe(503);
  expect(body.error).toMatchObject({ code: 'UNAVAILABLE', retryable: true, outcome: 'none' });
  await blocked.query('ALTER ROLE parley_message LOGIN');
  await blocked.end();
  expect((await get('/v1/users/me', token)).status).toBe(200);
});
