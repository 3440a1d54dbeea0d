import { spawn, type ChildProcess } from 'node:child_process';
import { open, readFile, rename, stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { readPostmasterFile } from './postmaster.js';
import { serverArguments } from './server-settings.js';
import type { SystemUser } from './system-user.js';

const LOG_LIMIT_BYTES = 10 * 1024 * 1024;
/** Crash recovery replays up to max_wal_size of log: slow disks need their time. */
const READY_WITHIN_MS = 180_000;
/** How long sessions of a killed server may take to notice and let go of its shared memory. */
const LEFTOVERS_GONE_WITHIN_MS = 15_000;

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ServerOptions {
  postgres: string;
  pgdata: string;
  port: number;
  user: SystemUser | undefined;
  logFile: string;
}

export interface Server {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  end(signal: 'SIGINT' | 'SIGKILL'): Promise<void>;
}

/** Resolves when the server accepts connections, and says what its log says when it does not come up. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const giveUp = Date.now() + LEFTOVERS_GONE_WITHIN_MS;
  for (;;) {
    const logFrom = await rotateLog(options.logFile);
    const server = await launch(options);
    const exit = await readyOrExited(server, options.pgdata);
    if (exit === 'ready') return server;
    const log = (await readFile(options.logFile)).subarray(logFrom).toString();
    if (
      !/pre-existing shared memory block|lock file "postmaster.pid" already exists/.test(log) ||
      Date.now() > giveUp
    ) {
      throw new Error(`PostgreSQL did not start (${exit}): ${lastLines(log)}`);
    }
    await pause(100);
  }
}

async function launch(options: ServerOptions): Promise<Server> {
  // A file, not a pipe: an orphan must be able to go on writing after its parent is gone.
  const log = await open(options.logFile, 'a');
  let child: ChildProcess;
  try {
    child = spawn(options.postgres, serverArguments(options.pgdata, options.port), {
      ...options.user,
      cwd: '/',
      // Its own group: a Ctrl-C in the terminal reaches the parent only, which needs its database to finish.
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  } finally {
    await log.close();
  }
  // Spawned, so it has a pid.
  const pid = child.pid as number;
  let running = true;
  const endWithParent = () => void (running && child.kill('SIGINT'));
  process.once('exit', endWithParent);
  const exited = new Promise<Exit>((resolve) =>
    child.once('exit', (code, signal) => {
      running = false;
      process.off('exit', endWithParent);
      resolve({ code, signal });
    }),
  );
  const end = async (signal: 'SIGINT' | 'SIGKILL') => {
    if (running) child.kill(signal);
    await exited;
  };
  return { pid, exited, end };
}

async function readyOrExited(server: Server, pgdata: string): Promise<string> {
  const deadline = Date.now() + READY_WITHIN_MS;
  let exit: Exit | undefined;
  void server.exited.then((result) => (exit = result));
  while (exit === undefined) {
    const state = await readPostmasterFile(pgdata);
    if (state?.pid === server.pid && state.ready) return 'ready';
    if (Date.now() > deadline) {
      await server.end('SIGKILL');
      return `not ready within ${READY_WITHIN_MS} ms`;
    }
    await pause(10);
  }
  return exit.signal === null ? `exit code ${exit.code}` : exit.signal;
}

/** Returns where this start's lines begin. */
async function rotateLog(file: string): Promise<number> {
  try {
    const { size } = await stat(file);
    if (size <= LOG_LIMIT_BYTES) return size;
    await rename(file, `${file}.1`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return 0;
}

function lastLines(log: string): string {
  return log.trim().split('\n').slice(-5).join(' | ') || 'its log is empty';
}
