import { spawn, type ChildProcess } from 'node:child_process';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { checkout, packageFolder } from '../paths.js';
import { openLog, tailOf } from './log-file.js';
import { endOrphan, writePidFile } from './pid-file.js';

const READY_WITHIN_MS = 60_000;

export interface ServiceProcessOptions {
  /** Also names the files of its log and process id: `gateway-0`. */
  name: string;
  /** The built program, as an absolute path or from the checkout's root: `apps/gateway/dist/main.js`. */
  program: string;
  /** Where it listens, on 127.0.0.1. */
  port: number;
  environment: Readonly<Record<string, string>>;
  /** Arguments of node, such as `--expose-gc`. */
  nodeArguments?: readonly string[];
  /** Where its log and pid file go. */
  folder: string;
}

export interface ProcessExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** One process of a service, which can be ended in every way and started again with the same environment and port. */
export class ServiceProcess {
  private child: ChildProcess | undefined;
  private ended: Promise<ProcessExit> = Promise.resolve({ code: null, signal: null });

  constructor(private readonly options: ServiceProcessOptions) {}

  get name(): string {
    return this.options.name;
  }

  get port(): number {
    return this.options.port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.options.port}`;
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  get logFile(): string {
    return join(this.options.folder, `${this.name}.log`);
  }

  /** Of the current life, or of the last one. */
  get exited(): Promise<ProcessExit> {
    return this.ended;
  }

  /** Resolves when the process exists; `ready` tells when it serves. */
  async start(): Promise<void> {
    if (this.child !== undefined) throw new Error(`${this.name} runs already`);
    await endOrphan(this.pidFile);
    const leash = pathToFileURL(join(packageFolder, 'leash.js')).href;
    const log = await openLog(this.logFile);
    let child: ChildProcess;
    try {
      child = spawn(
        process.execPath,
        ['--import', leash, ...(this.options.nodeArguments ?? []), resolve(checkout, this.options.program)],
        {
          // Nothing of the caller's environment that could change what is under test.
          env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...this.options.environment },
          cwd: checkout,
          detached: true,
          stdio: ['pipe', log.fd, log.fd],
        },
      );
      this.watch(child);
      await new Promise<void>((done, failed) => child.once('spawn', done).once('error', failed));
    } finally {
      await log.close();
    }
    await writePidFile(this.pidFile, child.pid as number);
  }

  /** Waits for `GET /health/ready` to say 200. */
  async ready(withinMs = READY_WITHIN_MS): Promise<void> {
    const deadline = Date.now() + withinMs;
    while (!(await this.saysReady())) {
      if (this.child === undefined) throw new Error(await this.describeEnd());
      if (Date.now() > deadline) {
        throw new Error(`${this.name} is not ready after ${withinMs} ms: ${await this.logTail(5)}`);
      }
      await pause(25);
    }
  }

  /** After SIGTERM and SIGKILL resolves when the process is gone. Does nothing when it does not run. */
  async kill(signal: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    this.child?.kill(signal);
    if (signal === 'SIGKILL' || signal === 'SIGTERM') await this.ended;
  }

  /** An orderly end, forced when it takes longer than this. */
  async stop(withinMs = 10_000): Promise<void> {
    const force = setTimeout(() => this.child?.kill('SIGKILL'), withinMs);
    this.child?.kill('SIGCONT');
    await this.kill('SIGTERM');
    clearTimeout(force);
  }

  /** Starts it again after it ended, and waits until it is ready. */
  async restart(): Promise<void> {
    await this.start();
    await this.ready();
  }

  /** The last lines of its log. */
  logTail(lines = 50): Promise<string> {
    return tailOf(this.logFile, lines);
  }

  private get pidFile(): string {
    return join(this.options.folder, `${this.name}.pid.json`);
  }

  private watch(child: ChildProcess): void {
    this.child = child;
    this.ended = new Promise((resolve) => {
      const done = (exit: ProcessExit) => {
        this.child = undefined;
        resolve(exit);
      };
      child.once('exit', (code, signal) => done({ code, signal }));
      child.once('error', () => done({ code: null, signal: null }));
    });
    // The child's end closes the pipe; nobody writes to it.
    child.stdin?.on('error', () => undefined);
  }

  private async saysReady(): Promise<boolean> {
    try {
      const answer = await fetch(`${this.url}/health/ready`, { signal: AbortSignal.timeout(3000) });
      await answer.arrayBuffer();
      return answer.status === 200;
    } catch {
      return false; // not listening yet, or stopped
    }
  }

  private async describeEnd(): Promise<string> {
    const { code, signal } = await this.ended;
    const how = signal === null ? `with code ${code}` : `by ${signal}`;
    return `${this.name} ended ${how}: ${(await this.logTail(25)) || '(it wrote nothing)'}`;
  }
}
