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
    /** Of the role parley_presence. */
    readonly presenceUrl: string,
    private server: EmbeddedPostgres,
    private readonly folder: string,
  ) {}

  static async start(): Promise<TestDatabase> {
    const folder = await mkdtemp(join(tmpdir(), 'parley-message-'));
    const server = await startEmbeddedPostgres({ dataDir: dataDirIn(folder) });
    const adminUrl = await ensureDatabase(server.url, 'parley');
    await migrate({ adminUrl, roles: { parley_message: 'secret', parley_presence: 'secret' } });
    const urlOf = (username: string) =>
      Object.assign(new URL(adminUrl), { username, password: 'secret' }).href;
    return new TestDatabase(urlOf('parley_message'), urlOf('parley_presence'), server, folder);
  }

  /** Of the superuser, in a database that is not the service's. */
  get superuserUrl(): string {
    return this.server.url;
  }

  /** With SIGKILL, so that it cannot finish anything. */
  async kill(): Promise<void> {
    await this.server.kill();
  }

  /** After `kill`: the same data at the same port. */
  async restart(): Promise<void> {
    this.server = await startEmbeddedPostgres({ dataDir: dataDirIn(this.folder), port: this.server.port });
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

function dataDirIn(folder: string): string {
  return join(folder, 'postgres');
}
