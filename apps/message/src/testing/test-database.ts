import { ensureDatabase, migrate } from '@parley/database';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@parley/database/embedded';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A PostgreSQL of a spec's own, migrated. */
export class TestDatabase {
  private constructor(
    /** Of the role parley_message. */
    readonly url: string,
    /** A spec that killed it puts the next one here. */
    public server: EmbeddedPostgres,
    private readonly folder: string,
  ) {}

  static async start(): Promise<TestDatabase> {
    const folder = await mkdtemp(join(tmpdir(), 'parley-message-'));
    const server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
    const adminUrl = await ensureDatabase(server.url, 'parley');
    await migrate({ adminUrl, roles: { parley_message: 'secret' } });
    const url = Object.assign(new URL(adminUrl), { username: 'parley_message', password: 'secret' }).href;
    return new TestDatabase(url, server, folder);
  }

  get dataDir(): string {
    return join(this.folder, 'postgres');
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
