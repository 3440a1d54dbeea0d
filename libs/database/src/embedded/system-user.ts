import { execFile } from 'node:child_process';
import { chmod, chown, lstat, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface SystemUser {
  uid: number;
  gid: number;
}

/**
 * Who PostgreSQL's processes run as: it refuses to run as root. Undefined: as the caller.
 * The owner of existing data stays its owner; else the system's `postgres` user, which is made if absent.
 */
export async function userForPostgres(pgdata: string): Promise<SystemUser | undefined> {
  if (process.platform === 'win32' || process.getuid?.() !== 0) return undefined;
  try {
    const { uid, gid } = await stat(pgdata);
    if (uid !== 0) return { uid, gid };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return (await findUser('postgres')) ?? (await createUser('postgres'));
}

/** initdb looks its user up by id, so an id without an entry in /etc/passwd does not do. */
async function findUser(name: string): Promise<SystemUser | undefined> {
  for (const line of (await readFile('/etc/passwd', 'utf8')).split('\n')) {
    const [user, , uid, gid] = line.split(':');
    if (user === name) return { uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

async function createUser(name: string): Promise<SystemUser> {
  const options = ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin'];
  try {
    await run('useradd', [...options, name]);
  } catch (error) {
    // Two starts at once: the other one may have made it meanwhile.
    const user = await findUser(name);
    if (user !== undefined) return user;
    throw new Error(
      `PostgreSQL does not run as root, and the user "${name}" could not be made: run Parley as another user`,
      { cause: error },
    );
  }
  const user = await findUser(name);
  if (user === undefined) throw new Error(`useradd made no user "${name}"`);
  return user;
}

/**
 * Lets other users pass through the folders above (not list them): as root, a checkout or data folder is often below
 * a folder of mode 0700 (/root, or one made by mkdtemp), where the unprivileged user could not reach its own files.
 */
export async function makeReachable(path: string): Promise<void> {
  const MAY_PASS = 0o001;
  for (let folder = resolve(path); folder !== dirname(folder); folder = dirname(folder)) {
    const { mode } = await stat(folder);
    if ((mode & MAY_PASS) === 0) await chmod(folder, (mode & 0o7777) | MAY_PASS);
  }
}

/** Gives a folder and all below it to the user. */
export async function giveTo(user: SystemUser, path: string): Promise<void> {
  await chown(path, user.uid, user.gid);
  for (const name of await readdir(path)) {
    const child = join(path, name);
    if ((await lstat(child)).isDirectory()) await giveTo(user, child);
    else await chown(child, user.uid, user.gid);
  }
}
