import { findFreePort } from '@parley/database/embedded';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { until } from './conditions.js';
import { type System } from './system.js';
import { TestIssuer } from './test-issuer.js';

const checkout = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const program = join(checkout, 'apps', 'standalone', 'dist', 'main.js');
/** Ends the process when ours is gone, however that came about: its standard input ends. */
const leash = pathToFileURL(join(checkout, 'tools', 'cluster', 'leash.js')).href;
const READY_WITHIN_MS = 30_000;

interface Running {
  readonly pid: number;
  readonly databaseUrl: string;
}

/** Everything in one process with a data folder of its own; it can be killed and started again. */
export class StandaloneSystem implements System {
  readonly form = 'standalone';
  readonly issuer = new TestIssuer();
  databaseUrl = '';
  private child: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    private readonly port: number,
  ) {}

  static async start(): Promise<StandaloneSystem> {
    const folder = await mkdtemp(join(tmpdir(), 'parley-standalone-'));
    const system = new StandaloneSystem(folder, await findFreePort());
    try {
      await system.launch();
      return system;
    } catch (error) {
      await system.stop();
      throw error;
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get gatewayUrls(): readonly string[] {
    return [this.url];
  }

  /** Resolves when it serves. */
  async launch(): Promise<void> {
    const log = await open(this.logFile, 'a');
    const child = spawn(process.execPath, ['--import', leash, program], {
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        PORT: String(this.port),
        PARLEY_DATA_DIR: this.folder,
        EXTERNAL_ISSUERS: this.issuer.configuration,
      },
      stdio: ['pipe', log.fd, log.fd],
    });
    // The child's end closes the pipe; nobody writes to it.
    child.stdin?.on('error', () => undefined);
    this.child = child;
    await log.close();
    const running = await until('standalone serves', () => this.running(child), READY_WITHIN_MS);
    this.databaseUrl = running.databaseUrl;
  }

  /** As a crash: PostgreSQL is left behind. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.end('SIGTERM');
    await rm(this.folder, { recursive: true, force: true });
  }

  private get logFile(): string {
    return join(this.folder, 'standalone.log');
  }

  private async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  private async running(child: ChildProcess): Promise<Running | false> {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`standalone ended: ${await readFile(this.logFile, 'utf8')}`);
    }
    try {
      const running = JSON.parse(await readFile(join(this.folder, 'running.json'), 'utf8')) as Running;
      return running.pid === child.pid && running;
    } catch {
      return false; // not written yet, or of a life before
    }
  }
}
