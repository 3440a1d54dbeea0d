import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { DataFolderInUse, processStart, startEmbeddedPostgres, type EmbeddedPostgres } from './index.js';

let dataDir: string;
const running: EmbeddedPostgres[] = [];
const children: ChildProcess[] = [];

beforeEach(async () => {
  dataDir = join(await mkdtemp(join(tmpdir(), 'parley-embedded-')), 'postgres');
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const server of running.splice(0)) await server.stop();
  await rm(join(dataDir, '..'), { recursive: true, force: true });
});

async function start(port?: number): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres(port === undefined ? { dataDir } : { dataDir, port });
  running.push(server);
  return server;
}

async function query<T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Another process that owns the data folder, as a second standalone would. */
async function ownerProcess(): Promise<{ child: ChildProcess; server: { url: string; pid: number } }> {
  const script = `
    import { startEmbeddedPostgres } from '@parley/database/embedded';
    const { url, pid } = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)} });
    console.log(JSON.stringify({ url, pid }));
    process.stdin.resume().on('end', () => process.exit());`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, server: JSON.parse(line.toString()) as { url: string; pid: number } };
}

async function killed(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

describe('an embedded PostgreSQL', () => {
  test('starts in an empty folder with durable settings, for this machine only', async () => {
    const server = await start();
    const settings = await query<{ name: string; setting: string }>(
      server.url,
      `SELECT name, setting FROM pg_settings WHERE name IN
        ('fsync', 'full_page_writes', 'synchronous_commit', 'listen_addresses', 'server_encoding', 'data_checksums')`,
    );
    expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
      fsync: 'on',
      full_page_writes: 'on',
      synchronous_commit: 'on',
      listen_addresses: '127.0.0.1',
      server_encoding: 'UTF8',
      data_checksums: 'on',
    });
    expect(server.port).toBeLessThan(32_768);
    expect((await stat(join(dataDir, 'superuser-password'))).mode & 0o777).toBe(0o600);
    await expect(query(server.url.replace(/:[^:@]+@/, ':wrong@'), 'SELECT 1')).rejects.toThrow('password');
  });

  test('keeps data, port and password over a restart and over a crash', async () => {
    const first = await start();
    await query(first.url, 'CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)');
    await first.stop();
    expect(await processStart(first.pid)).toBeUndefined();

    const second = await start();
    expect(second.url).toBe(first.url);
    await query(second.url, 'INSERT INTO kept VALUES (2)');
    await second.kill();
    await expect(second.exited).resolves.toEqual({ code: null, signal: 'SIGKILL' });

    const third = await start();
    expect(await query(third.url, 'SELECT n FROM kept ORDER BY n')).toEqual([{ n: 1 }, { n: 2 }]);
  });

  test('ends the orphan of a killed owner and takes its data over', async () => {
    const { child, server: orphan } = await ownerProcess();
    await query(orphan.url, 'CREATE TABLE kept (n int)');
    await killed(child);
    expect(await processStart(orphan.pid)).toBeDefined();

    const server = await start();
    expect(await processStart(orphan.pid)).toBeUndefined();
    expect(
      await query(server.url, 'SELECT count(*)::int AS tables FROM pg_tables WHERE tablename = $$kept$$'),
    ).toEqual([{ tables: 1 }]);
  });

  test('leaves a stranger alone whose pid stands in a stale pid file', async () => {
    const first = await start();
    await first.stop();
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    children.push(stranger);
    await once(stranger, 'spawn');
    const pgdata = join(dataDir, 'data');
    await writeFile(
      join(pgdata, 'postmaster.pid'),
      `${stranger.pid}\n${pgdata}\n1\n${first.port}\n\n127.0.0.1\n`,
    );

    const second = await start();
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
  });

  test('refuses a folder whose owner lives, in one line, and leaves that owner alone', async () => {
    const { child, server: owned } = await ownerProcess();
    const refusal = await start().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(DataFolderInUse);
    expect((refusal as Error).message).toBe(
      `${dataDir} is in use by process ${child.pid}: stop that one first, or choose another data folder`,
    );
    expect(await query(owned.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    // An owner that ends in any orderly way takes its server along.
    const exit = once(child, 'exit');
    child.stdin?.end();
    await exit;
    const server = await start();
    expect(server.url).toBe(owned.url);
    expect(await processStart(owned.pid)).toBeUndefined();
  });

  test('takes a folder over when the pid of its lock belongs to a later process', async () => {
    await mkdir(dataDir, { recursive: true });
    await writeFile(join(dataDir, 'owner.json'), JSON.stringify({ pid: process.pid, started: 'long ago' }));
    const server = await start();
    const lock = JSON.parse(await readFile(join(dataDir, 'owner.json'), 'utf8')) as { started: string };
    expect(lock.started).toBe(await processStart(process.pid));
    await server.stop();
    await expect(stat(join(dataDir, 'owner.json'))).rejects.toThrow('ENOENT');
  });

  test('says so when the wanted port is taken, and when the data are of another version', async () => {
    const first = await start();
    await expect(
      startEmbeddedPostgres({ dataDir: join(dataDir, '..', 'other'), port: first.port }),
    ).rejects.toThrow(`port ${first.port} of 127.0.0.1 is taken`);
    await first.stop();
    await writeFile(join(dataDir, 'data', 'PG_VERSION'), '17\n');
    await expect(start()).rejects.toThrow('holds data of PostgreSQL 17, this is 18');
  });

  test('says what the server said when it does not come up', async () => {
    const first = await start();
    await first.stop();
    await writeFile(join(dataDir, 'data', 'postgresql.conf'), 'no_such_setting = 1\n');
    await expect(start()).rejects.toThrow(/PostgreSQL did not start \(exit code 1\): .*no_such_setting/);
  });
});
