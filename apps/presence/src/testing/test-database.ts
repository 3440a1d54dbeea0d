import { ensureDatabase, migrate } from '@parley/database';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@parley/database/embedded';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A PostgreSQL of a spec's own, migrated. */
export class TestDatabase {
  private constructor(
    /** Of the role parley_presence. */
    readonly url: string,
    private readonly server: EmbeddedPostgres,
    private readonly folder: string,
  ) {}

  static async start(): Promise<TestDatabase> {
    const folder = await mkdtemp(join(tmpdir(), 'parley-presence-'));
    const server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
    const adminUrl = await ensureDatabase(server.url, 'parley');
    await migrate({ adminUrl, roles: { parley_presence: 'secret' } });
    const url = Object.assign(new URL(adminUrl), { username: 'parley_presence', password: 'secret' }).href;
    return new TestDatabase(url, server, folder);
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
