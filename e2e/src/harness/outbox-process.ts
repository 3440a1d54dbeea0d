import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { until } from './conditions.js';
import { type ProgramReport, type ProgramSettings } from './outbox-program.js';

const script = fileURLToPath(new URL('../../dist/harness/outbox-program.js', import.meta.url));
const WITHIN_MS = 30_000;

/** The program as its test sees it. */
export class OutboxProcess {
  readonly reports: ProgramReport[] = [];

  private constructor(private readonly child: ChildProcess) {
    if (!child.stdout) throw new Error('the program has no output');
    // What is written to one that was killed goes nowhere.
    child.stdin?.on('error', () => undefined);
    createInterface(child.stdout).on('line', (line) => this.reports.push(JSON.parse(line) as ProgramReport));
  }

  /** @param fileKilobytes no file of it may become larger than this, as if the disk were full */
  static start(settings: ProgramSettings, fileKilobytes?: number): OutboxProcess {
    const command = [process.execPath, script, JSON.stringify(settings)];
    const limited = ['bash', '-c', `ulimit -f ${fileKilobytes} && exec "$@"`, 'bash', ...command];
    const [program = '', ...args] = fileKilobytes === undefined ? command : limited;
    const env = { ...process.env, NODE_OPTIONS: '' };
    return new OutboxProcess(spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], env }));
  }

  /** One right after the other. */
  write(texts: readonly string[]): void {
    this.child.stdin?.write(`${JSON.stringify(texts)}\n`);
  }

  /** Texts of one kind of report, in the order of reporting. */
  texts(event: ProgramReport['event']): string[] {
    return this.reports.filter((each) => each.event === event).map(({ text }) => text);
  }

  async reported(event: ProgramReport['event'], text: string): Promise<void> {
    await until(`${event}: ${text.slice(0, 50)}`, () => this.texts(event).includes(text), WITHIN_MS);
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}
