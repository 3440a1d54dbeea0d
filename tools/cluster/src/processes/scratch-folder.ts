import { DataFolderInUse, endOrphanedPostgres, lockFolder } from '@parley/database/embedded';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { endOrphan } from './pid-file.js';

const PREFIX = 'cluster-';
const scratch = join(tmpdir(), 'parley-clusters');

/** A new folder for the data of one cluster. Those of clusters whose process was killed are cleared away first. */
export async function makeScratchFolder(): Promise<string> {
  await mkdir(scratch, { recursive: true });
  for (const name of await readdir(scratch)) {
    if (name.startsWith(PREFIX)) await clearIfAbandoned(join(scratch, name));
  }
  // Owned before it gets a name under which others would clear it away.
  const draft = await mkdtemp(join(scratch, 'new-'));
  await lockFolder(draft);
  const folder = join(scratch, PREFIX + basename(draft).slice('new-'.length));
  await rename(draft, folder);
  return folder;
}

async function clearIfAbandoned(folder: string): Promise<void> {
  try {
    await lockFolder(folder);
  } catch (error) {
    if (error instanceof DataFolderInUse || (error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  await endProcessesOf(folder);
  await rm(folder, { recursive: true, force: true });
}

/** Ends what a killed cluster left running: Kafka, services, PostgreSQL. */
export async function endProcessesOf(folder: string): Promise<void> {
  const files = await readdir(folder, { recursive: true });
  const pidFiles = files.filter((file) => file.endsWith('pid.json'));
  await Promise.all(pidFiles.map((file) => endOrphan(join(folder, file))));
  await endOrphanedPostgres(join(folder, 'postgres'));
}
