import { Seen } from '@parley/event-bus/testing';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { MemberReport } from './member-process.js';

const script = fileURLToPath(new URL('../../dist/bus/member-process.js', import.meta.url));

export interface MemberOptions {
  readonly brokers: readonly string[];
  readonly group: string;
  readonly topic: string;
  readonly partitions: number;
  readonly hold?: boolean;
}

/** A member process as its test sees it. */
export class ChildMember {
  readonly reports = new Seen<MemberReport>();

  private constructor(private readonly child: ChildProcess) {
    if (!child.stdout) throw new Error('the member has no output');
    createInterface(child.stdout).on('line', (line) => this.reports.add(JSON.parse(line) as MemberReport));
  }

  static start({ brokers, group, topic, partitions, hold }: MemberOptions): ChildMember {
    const args = [script, brokers.join(','), group, topic, String(partitions), ...(hold ? ['hold'] : [])];
    return new ChildMember(spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] }));
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.child.kill(signal);
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  release(): void {
    this.child.stdin?.write('\n');
  }

  async saw(event: MemberReport['event']): Promise<void> {
    await this.reports.until((reports) => reports.some((each) => each.event === event));
  }
}
