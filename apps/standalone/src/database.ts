import { ensureDatabase, migrate } from '@parley/database';
import { DataFolderInUse, type EmbeddedPostgres, startEmbeddedPostgres } from '@parley/database/embedded';
import { ConfigError } from '@parley/service';
import { randomBytes } from 'node:crypto';

export interface StandaloneDatabase {
  readonly postgres: EmbeddedPostgres;
  /** Of the superuser. */
  readonly adminUrl: string;
  /** Of the services' roles. */
  readonly messageUrl: string;
  readonly presenceUrl: string;
}

/** A PostgreSQL of our own, up to date. One that a killed process left running is ended first. */
export async function startDatabase(dataDir: string): Promise<StandaloneDatabase> {
  const postgres = await startPostgres(dataDir);
  const adminUrl = await ensureDatabase(postgres.url, 'parley');
  // Nobody else needs it, so it is another one each time.
  const password = randomBytes(24).toString('base64url');
  await migrate({ adminUrl, roles: { parley_message: password, parley_presence: password } });
  const urlOf = (username: string) => Object.assign(new URL(adminUrl), { username, password }).href;
  return { postgres, adminUrl, messageUrl: urlOf('parley_message'), presenceUrl: urlOf('parley_presence') };
}

async function startPostgres(dataDir: string): Promise<EmbeddedPostgres> {
  try {
    return await startEmbeddedPostgres({ dataDir });
  } catch (error) {
    if (error instanceof DataFolderInUse) throw new ConfigError([`PARLEY_DATA_DIR: ${error.message}`]);
    throw error;
  }
}
