import { ensureDatabase, migrate } from '@parley/database';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@parley/database/embedded';
import { randomBytes } from 'node:crypto';

const ROLES = ['parley_message', 'parley_presence'] as const;
export type DatabaseRole = (typeof ROLES)[number];

/** A real PostgreSQL with the roles and tables of all services; it can be killed and started again on the same port. */
export class DatabaseProcess {
  private constructor(
    private readonly dataDir: string,
    private server: EmbeddedPostgres,
    /** Of the superuser. */
    readonly adminUrl: string,
    private readonly passwords: Readonly<Record<DatabaseRole, string>>,
  ) {}

  static async start(dataDir: string): Promise<DatabaseProcess> {
    const server = await startEmbeddedPostgres({ dataDir });
    try {
      const adminUrl = await ensureDatabase(server.url, 'parley');
      const passwords = Object.fromEntries(
        ROLES.map((role) => [role, randomBytes(18).toString('base64url')]),
      ) as Record<DatabaseRole, string>;
      await migrate({ adminUrl, roles: passwords });
      return new DatabaseProcess(dataDir, server, adminUrl, passwords);
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  get pid(): number {
    return this.server.pid;
  }

  get port(): number {
    return this.server.port;
  }

  /** @param port of a proxy in between */
  urlOf(role: DatabaseRole, port = this.port): string {
    return `postgresql://${role}:${this.passwords[role]}@127.0.0.1:${port}/parley`;
  }

  /** SIGKILL, as a crash. */
  kill(): Promise<void> {
    return this.server.kill();
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  /** Starts it again after it ended; recovers what the log holds. */
  async restart(): Promise<void> {
    this.server = await startEmbeddedPostgres({ dataDir: this.dataDir, port: this.port });
  }
}
