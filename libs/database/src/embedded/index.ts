import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { findBinaries } from './binaries.js';
import { createDataFolder } from './data-folder.js';
import { findFreePort, portIsFree } from './free-port.js';
import { lockFolder } from './owner-lock.js';
import { endOrphan } from './postmaster.js';
import { startServer, type Exit } from './server.js';
import { makeReachable, userForPostgres } from './system-user.js';

export { findFreePort, portIsFree } from './free-port.js';
export { processDescription, processStart } from './process-identity.js';
export { DataFolderInUse, lockFolder } from './owner-lock.js';
export type { Exit } from './server.js';

export interface EmbeddedPostgresOptions {
  /** Made if absent. Holds the database (`data`), the superuser's password, the port and the server's log. */
  dataDir: string;
  /** 0 or absent: the port of the last start if it is free, else any free one below 32768. */
  port?: number;
}

export interface EmbeddedPostgres {
  /** Of the superuser, to the database `postgres`. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Settles when the server has ended, whoever ended it. */
  readonly exited: Promise<Exit>;
  /** Fast shutdown: open transactions are rolled back, everything is flushed. */
  stop(): Promise<void>;
  /** SIGKILL, as a crash would: for fault tests. Resolves when it is gone. */
  kill(): Promise<void>;
}

/**
 * Starts a PostgreSQL 18 of this process's own on 127.0.0.1. A server that a killed owner left running is shut down
 * first; a folder whose owner lives is refused with DataFolderInUse.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const folder = resolve(options.dataDir);
  const pgdata = join(folder, 'data');
  await mkdir(folder, { recursive: true });
  const lock = await lockFolder(folder);
  try {
    const binaries = await findBinaries();
    const user = await userForPostgres(pgdata);
    if (user !== undefined) {
      await makeReachable(folder);
      await makeReachable(binaries.postgres);
    }
    await endOrphan(pgdata);
    const password = await rememberedPassword(join(folder, 'superuser-password'));
    await createDataFolder({ pgdata, initdb: binaries.initdb, password, user });
    const port = await choosePort(join(folder, 'port'), options.port ?? 0);
    const server = await startServer({
      postgres: binaries.postgres,
      pgdata,
      port,
      user,
      logFile: join(folder, 'postgres.log'),
    });
    const exited = server.exited.finally(() => lock.release());
    return {
      url: `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`,
      port,
      pid: server.pid,
      exited,
      stop: () =>
        server
          .end('SIGINT')
          .then(() => exited)
          .then(() => undefined),
      kill: () =>
        server
          .end('SIGKILL')
          .then(() => exited)
          .then(() => undefined),
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Shuts down the server that a killed owner left running in this data folder, without starting another one. */
export async function endOrphanedPostgres(dataDir: string): Promise<void> {
  await endOrphan(join(resolve(dataDir), 'data'));
}

async function rememberedPassword(file: string): Promise<string> {
  const fresh = randomBytes(24).toString('base64url');
  try {
    await writeFile(file, fresh, { mode: 0o600, flag: 'wx' });
    return fresh;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  await chmod(file, 0o600);
  return (await readFile(file, 'utf8')).trim();
}

async function choosePort(file: string, wanted: number): Promise<number> {
  if (wanted !== 0) {
    if (await portIsFree(wanted)) return wanted;
    throw new Error(`port ${wanted} of 127.0.0.1 is taken: choose another one for PostgreSQL, or none`);
  }
  const remembered = Number(await readFile(file, 'utf8').catch(() => '0'));
  if (remembered > 0 && (await portIsFree(remembered))) return remembered;
  const port = await findFreePort();
  await writeFile(file, String(port));
  return port;
}
