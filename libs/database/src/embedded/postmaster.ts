import { readFile, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { processDescription, processStart } from './process-identity.js';

export interface PostmasterFile {
  pid: number;
  ready: boolean;
}

/** What a running server says of itself in its data folder; its eighth line is the state that pg_ctl waits for, too. */
export async function readPostmasterFile(pgdata: string): Promise<PostmasterFile | undefined> {
  let lines: string[];
  try {
    lines = (await readFile(join(pgdata, 'postmaster.pid'), 'utf8')).split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, ready: lines[7]?.trim() === 'ready' };
}

/**
 * Ends a server that a killed owner left behind: fast shutdown (SIGINT), so that it writes its checkpoint.
 * A pid file left by a server that was killed itself, whose pid now belongs to a stranger, touches nobody:
 * PostgreSQL replaces the file at its start.
 */
export async function endOrphan(pgdata: string): Promise<'none' | 'ended'> {
  const found = await readPostmasterFile(pgdata);
  if (found === undefined || !(await isPostgresOf(pgdata, found.pid))) return 'none';
  process.kill(found.pid, 'SIGINT');
  await waitForEnd(found.pid, 60_000);
  return 'ended';
}

async function isPostgresOf(pgdata: string, pid: number): Promise<boolean> {
  const description = await processDescription(pid);
  if (description === undefined) return false;
  if (!/^postgres(\.exe)?( \(deleted\))?$/.test(basename(description.executable))) return false;
  const folder = await realpath(pgdata);
  // A server works in its data folder; where the system does not tell, the folder stands among its arguments.
  if (description.folder !== undefined) return description.folder === folder;
  return description.arguments.includes(folder) || description.arguments.includes(pgdata);
}

async function waitForEnd(pid: number, milliseconds: number): Promise<void> {
  const deadline = Date.now() + milliseconds;
  while ((await processStart(pid)) !== undefined) {
    if (Date.now() > deadline)
      throw new Error(`PostgreSQL (process ${pid}) did not stop within ${milliseconds} ms`);
    await pause(10);
  }
}
