import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openLog, tailOf } from '../processes/log-file.js';
import { endOrphan, writePidFile } from '../processes/pid-file.js';
import { classArchiveFile, exists, kafkaClassPath } from './archives.js';
import { countLiveBrokers } from './metadata-probe.js';
import { packageFolder } from '../paths.js';
import { serverProperties, type NodeAddress, type ProxiedListener } from './server-properties.js';

const READY_WITHIN_MS = 60_000;
const HEAP = ['-Xms256m', '-Xmx512m', '-XX:+UseSerialGC'];
const QUICK_START = '-XX:TieredStopAtLevel=1';

export interface BrokerOptions {
  node: NodeAddress;
  nodes: readonly NodeAddress[];
  /** Holds server.properties, data, pid file and log of this broker. */
  folder: string;
  clusterId: string;
  proxied?: readonly ProxiedListener[];
  /** For runs of minutes: Java's second compiler costs the first half of one, and saves a third of the CPU time after it. */
  longLived?: boolean;
  /** Writes an archive of the loaded classes at its end. */
  archiveClassesTo?: string;
}

/** One Kafka process, which can be ended and started again on the same data and port. */
export class Broker {
  private child: ChildProcess | undefined;
  private exited: Promise<void> = Promise.resolve();

  constructor(private readonly options: BrokerOptions) {}

  get id(): number {
    return this.options.node.id;
  }

  get address(): string {
    return `127.0.0.1:${this.options.node.port}`;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  get logFile(): string {
    return join(this.options.folder, 'kafka.log');
  }

  /** Starts the process; `ready` tells when it serves. */
  async start(): Promise<void> {
    if (this.child !== undefined) throw new Error(`broker ${this.id} runs already`);
    const { folder, node, nodes, proxied = [] } = this.options;
    const dataDir = join(folder, 'data');
    await mkdir(dataDir, { recursive: true });
    await endOrphan(join(folder, 'pid.json'));
    await writeFile(join(folder, 'server.properties'), serverProperties({ node, nodes, dataDir, proxied }));
    const classPath = await kafkaClassPath();
    const archive = await this.archiveArguments(classPath);
    if (!(await exists(join(dataDir, 'meta.properties'))))
      await this.format([...archive.read, '-cp', classPath]);
    const compiler = this.options.longLived === true ? [] : [QUICK_START];
    await this.launch([...HEAP, ...compiler, ...archive.readOrWrite, ...this.logging(), '-cp', classPath]);
  }

  /** Waits until this broker knows as many live brokers, itself among them. */
  async ready(brokers: number): Promise<void> {
    const deadline = Date.now() + READY_WITHIN_MS;
    while ((await countLiveBrokers(this.options.node.port, 1000)) !== brokers) {
      if (this.child === undefined) throw new Error(`broker ${this.id} ended: ${await this.logTail()}`);
      if (Date.now() > deadline) {
        throw new Error(
          `broker ${this.id} is not ready after ${READY_WITHIN_MS} ms: ${await this.logTail()}`,
        );
      }
      await pause(25);
    }
  }

  /** Sends a signal; after SIGTERM and SIGKILL resolves when the process is gone. */
  async kill(signal: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    this.child?.kill(signal);
    if (signal === 'SIGKILL' || signal === 'SIGTERM') await this.exited;
  }

  /** An orderly end, forced when it takes longer than the given time. */
  async stop(withinMs = 15_000): Promise<void> {
    const force = setTimeout(() => this.child?.kill('SIGKILL'), withinMs);
    this.child?.kill('SIGCONT');
    await this.kill('SIGTERM');
    clearTimeout(force);
  }

  private async archiveArguments(classPath: string): Promise<{ read: string[]; readOrWrite: string[] }> {
    if (this.options.archiveClassesTo !== undefined) {
      return {
        read: [],
        readOrWrite: [`-XX:ArchiveClassesAtExit=${this.options.archiveClassesTo}`, '-Xlog:cds=off'],
      };
    }
    const file = await classArchiveFile(classPath);
    const read = (await exists(file)) ? [`-XX:SharedArchiveFile=${file}`, '-Xlog:cds=off'] : [];
    return { read, readOrWrite: read };
  }

  private logging(): string[] {
    return [`-Dlog4j2.configurationFile=${join(packageFolder, 'kafka', 'log4j2.properties')}`];
  }

  private async format(java: string[]): Promise<void> {
    const { folder, clusterId } = this.options;
    const tool = [
      'kafka.tools.StorageTool',
      'format',
      '-t',
      clusterId,
      '-c',
      join(folder, 'server.properties'),
    ];
    await this.launch([QUICK_START, '-XX:+UseSerialGC', ...java], tool);
    await this.exited;
    if (!(await exists(join(folder, 'data', 'meta.properties')))) {
      throw new Error(`broker ${this.id} could not format its folder: ${await this.logTail()}`);
    }
  }

  private async launch(
    java: string[],
    main = ['kafka.Kafka', join(this.options.folder, 'server.properties')],
  ): Promise<void> {
    const log = await openLog(this.logFile);
    let child: ChildProcess;
    try {
      // A group of its own: Ctrl-C in the terminal is for the program that started the broker, which ends it in turn.
      child = spawn('java', [...java, ...main], { detached: true, stdio: ['ignore', log.fd, log.fd] });
      await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    } finally {
      await log.close();
    }
    const pidFile = join(this.options.folder, 'pid.json');
    const endWithParent = () => void child.kill('SIGTERM');
    process.once('exit', endWithParent);
    this.child = child;
    this.exited = new Promise<void>((resolve) => child.once('exit', resolve)).then(async () => {
      process.off('exit', endWithParent);
      this.child = undefined;
      await rm(pidFile, { force: true });
    });
    await writePidFile(pidFile, child.pid as number);
  }

  private async logTail(): Promise<string> {
    const lines = (await tailOf(this.logFile, 500)).split('\n');
    const errors = lines.filter((line) => /ERROR|FATAL|Exception/.test(line));
    return (errors.length > 0 ? errors : lines).slice(-3).join(' | ');
  }
}
