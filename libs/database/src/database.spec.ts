import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded/index.js';
import { createPool, createPrisma, ensureDatabase, isTransientDatabaseError, migrate } from './index.js';

let folder: string;
let server: EmbeddedPostgres;
const pools: pg.Pool[] = [];
const idleErrors: Error[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-database-'));
  server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
});

afterAll(async () => {
  for (const pool of pools) await pool.end();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

function open(url: string): pg.Pool {
  const pool = createPool({
    url,
    applicationName: 'spec',
    max: 2,
    onIdleError: (error) => idleErrors.push(error),
  });
  pools.push(pool);
  return pool;
}

function asRole(url: string, role: string, password: string): string {
  return Object.assign(new URL(url), { username: role, password }).href;
}

const roles = { parley_message: "it's a secret", parley_presence: 'another one' };

async function migrationFolder(name: string, sql: Record<string, string>): Promise<string> {
  const target = join(folder, name);
  for (const [migration, text] of Object.entries(sql)) {
    await mkdir(join(target, migration), { recursive: true });
    await writeFile(join(target, migration, 'migration.sql'), text);
  }
  return target;
}

test('applies every migration once, however many start at the same time', async () => {
  const adminUrl = await ensureDatabase(server.url, 'once');
  const results = await Promise.all([migrate({ adminUrl, roles }), migrate({ adminUrl, roles })]);
  expect(results.map((applied) => applied.length).sort()).toEqual([0, expect.any(Number)]);
  expect(results.flat()[0]).toBe('20261122000000_messaging');
  expect(await migrate({ adminUrl, roles })).toEqual([]);
});

test('refuses a migration whose file changed after it was applied', async () => {
  const adminUrl = await ensureDatabase(server.url, 'changed');
  const changed = await migrationFolder('changed', { '1_one': 'CREATE TABLE one ()' });
  await migrate({ adminUrl, roles: {}, folder: changed });
  await writeFile(join(changed, '1_one', 'migration.sql'), 'CREATE TABLE other ()');
  await expect(migrate({ adminUrl, roles: {}, folder: changed })).rejects.toThrow(/1_one was changed/);
});

test('a migration that fails leaves nothing behind and can be mended', async () => {
  const adminUrl = await ensureDatabase(server.url, 'failed');
  const failing = await migrationFolder('failed', { '1_one': 'CREATE TABLE one (); SELECT 1 / 0' });
  await expect(migrate({ adminUrl, roles: {}, folder: failing })).rejects.toThrow(/1_one failed/);
  await writeFile(join(failing, '1_one', 'migration.sql'), 'CREATE TABLE one ()');
  expect(await migrate({ adminUrl, roles: {}, folder: failing })).toEqual(['1_one']);
});

test("a service's role reaches its own schema and no other", async () => {
  const adminUrl = await ensureDatabase(server.url, 'walls');
  await migrate({ adminUrl, roles });
  const admin = open(adminUrl);
  await admin.query('CREATE SCHEMA other; CREATE TABLE other.people (id int)');
  const message = open(asRole(adminUrl, 'parley_message', roles.parley_message));
  await expect(message.query('SELECT * FROM messaging.users')).resolves.toMatchObject({ rowCount: 0 });
  for (const forbidden of [
    'SELECT * FROM other.people',
    'INSERT INTO other.people VALUES (1)',
    'CREATE TABLE other.own ()',
    'CREATE TABLE public.own ()',
    'CREATE SCHEMA own',
    'SELECT * FROM _prisma_migrations',
    'CREATE TABLE messaging.own ()',
    'DROP TABLE messaging.users',
    'SELECT * FROM presence.statuses',
  ]) {
    await expect(message.query(forbidden)).rejects.toMatchObject({ code: '42501' });
  }
  const presence = open(asRole(adminUrl, 'parley_presence', roles.parley_presence));
  await expect(presence.query('SELECT * FROM presence.statuses')).resolves.toMatchObject({ rowCount: 0 });
  for (const forbidden of ['SELECT * FROM messaging.users', 'DROP TABLE presence.statuses']) {
    await expect(presence.query(forbidden)).rejects.toMatchObject({ code: '42501' });
  }
});

test('the pool reads BIGINT as numbers and refuses what a number cannot hold', async () => {
  const pool = open(server.url);
  const { rows } = await pool.query<{ seq: number }>('SELECT 9007199254740991::bigint AS seq');
  expect(rows[0]?.seq).toBe(Number.MAX_SAFE_INTEGER);
  await expect(pool.query('SELECT 9007199254740992::bigint')).rejects.toThrow(RangeError);
});

test('an idle connection that breaks is told and replaced', async () => {
  const pool = open(server.url);
  const { rows } = await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const told = new Promise<void>((resolve) => pool.once('error', () => resolve()));
  await open(server.url).query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
  await told;
  expect(idleErrors.some((error) => isTransientDatabaseError(error))).toBe(true);
  await expect(pool.query('SELECT 1')).resolves.toMatchObject({ rowCount: 1 });
});

test('Prisma and SQL share one pool, and its errors are classified alike', async () => {
  const adminUrl = await ensureDatabase(server.url, 'prisma');
  await migrate({ adminUrl, roles });
  const pool = open(asRole(adminUrl, 'parley_message', roles.parley_message));
  const prisma = createPrisma(pool);
  const id = '0190a000-0000-7000-8000-000000000001';
  await prisma.user.create({ data: { id, username: 'ada', displayName: 'Ada' } });
  expect((await pool.query('SELECT id FROM messaging.users')).rows).toEqual([{ id }]);
  const double = await prisma.user
    .create({ data: { id, username: 'ada', displayName: 'Ada' } })
    .catch((error: unknown) => error);
  expect(isTransientDatabaseError(double)).toBe(false);
  const unreachable = createPrisma(open('postgresql://nobody:x@127.0.0.1:1/none'));
  const away = await unreachable.user.count().catch((error: unknown) => error);
  expect(isTransientDatabaseError(away)).toBe(true);
});

test('tells errors that pass from errors that stay', async () => {
  const pool = open(server.url);
  const failure = (sql: string) => pool.query(sql).catch((error: unknown) => error);
  expect(isTransientDatabaseError(await failure(`SET statement_timeout = 5; SELECT pg_sleep(1)`))).toBe(true);
  expect(isTransientDatabaseError(await failure('SELECT 1 / 0'))).toBe(false);
  expect(isTransientDatabaseError(await failure(`SELECT '\\x00'::bytea::text::uuid`))).toBe(false);
  expect(isTransientDatabaseError(await failure('SELECT * FROM nowhere'))).toBe(false);
  expect(isTransientDatabaseError(new Error('something else'))).toBe(false);
  expect(isTransientDatabaseError(undefined)).toBe(false);
});
