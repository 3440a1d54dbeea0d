import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { giveTo, type SystemUser } from './system-user.js';

const run = promisify(execFile);
const MAJOR_VERSION = '18';

export interface DataFolder {
  pgdata: string;
  initdb: string;
  password: string;
  user: SystemUser | undefined;
}

/** Makes the database's files unless they are there. Fails when they belong to another major version. */
export async function createDataFolder(folder: DataFolder): Promise<void> {
  const version = await majorVersion(folder.pgdata);
  if (version === undefined) return initialise(folder);
  if (version !== MAJOR_VERSION) {
    throw new Error(
      `${folder.pgdata} holds data of PostgreSQL ${version}, this is ${MAJOR_VERSION}: dump and restore it, or choose another data folder`,
    );
  }
}

async function majorVersion(pgdata: string): Promise<string | undefined> {
  try {
    return (await readFile(join(pgdata, 'PG_VERSION'), 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** In a folder beside, renamed when complete: an initdb that was cut off leaves nothing that looks like a database. */
async function initialise({ pgdata, initdb, password, user }: DataFolder): Promise<void> {
  const draft = `${pgdata}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  const passwordFile = join(draft, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user !== undefined) await giveTo(user, draft);
  try {
    await run(
      initdb,
      [
        `--pgdata=${join(draft, 'data')}`,
        '--username=postgres',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        // The same order of text on every machine, whatever its C library.
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--locale=C',
      ],
      { ...user, cwd: draft },
    );
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    throw new Error(`initdb failed: ${stderr.trim() || String(error)}`, { cause: error });
  }
  await chmod(join(draft, 'data'), 0o700);
  await rename(join(draft, 'data'), pgdata);
  await rm(draft, { recursive: true, force: true });
}
