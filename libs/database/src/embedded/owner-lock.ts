import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { processStart } from './process-identity.js';

interface Owner {
  pid: number;
  started: string;
}

/** Another live process owns the data folder. */
export class DataFolderInUse extends Error {
  constructor(folder: string, pid: number) {
    super(`${folder} is in use by process ${pid}: stop that one first, or choose another data folder`);
    this.name = 'DataFolderInUse';
  }
}

/**
 * Takes the folder for this process, until `release` or the process's end. PostgreSQL's own postmaster.pid cannot
 * serve for this: it outlives an owner that was killed, and then an orphan must be told from a rival.
 */
export async function lockFolder(folder: string): Promise<{ release(): Promise<void> }> {
  const lockFile = join(folder, 'owner.json');
  const mine = JSON.stringify({ pid: process.pid, started: await processStart(process.pid) });
  const draft = join(folder, `owner.${randomUUID()}`);
  await writeFile(draft, mine);
  try {
    while (!(await placed(draft, lockFile))) await removeIfStale(lockFile, folder);
  } finally {
    await rm(draft, { force: true });
  }
  return { release: () => rm(lockFile, { force: true }) };
}

/** A hard link is made whole or not at all, so nobody ever reads half a lock file. */
async function placed(draft: string, lockFile: string): Promise<boolean> {
  try {
    await link(draft, lockFile);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function removeIfStale(lockFile: string, folder: string): Promise<void> {
  const found = await contents(lockFile);
  if (found === undefined) return;
  const owner = parse(found);
  if (owner !== undefined && (await processStart(owner.pid)) === owner.started) {
    throw new DataFolderInUse(folder, owner.pid);
  }
  // Two starters may see the same stale file. The slower one could remove what the faster one has just placed:
  // so it is moved aside first, and put back when it turns out to be another file than the one that was judged.
  const aside = `${lockFile}.${randomUUID()}`;
  try {
    await rename(lockFile, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await contents(aside)) !== found) await placed(aside, lockFile);
  await rm(aside, { force: true });
}

async function contents(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parse(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(text) as Partial<Owner>;
    if (typeof owner.pid !== 'number' || typeof owner.started !== 'string') return undefined;
    return { pid: owner.pid, started: owner.started };
  } catch {
    return undefined; // cut off by a full disk or a power failure: no claim
  }
}
