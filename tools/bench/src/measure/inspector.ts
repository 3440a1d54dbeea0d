import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { residentBytes } from './proc-stat.js';

const OPENS_WITHIN_MS = 5_000;

/** What a process must be started with, so that its inspector opens on a port of its own when it is asked for. */
export const inspectorArguments = ['--inspect-port=0'] as const;

/** A Node process that can be looked into. */
export interface Inspectable {
  pid: number;
  /** Where its standard error goes: it tells there where its inspector listens. */
  logFile: string;
}

export interface Memory {
  /** What the process occupies, native parts included. */
  residentBytes: number;
  /** What its JavaScript holds: heap, and buffers outside of it. */
  heapBytes: number;
}

/**
 * Looks into a running Node process through its inspector, opened by SIGUSR1: the way to have its garbage collected,
 * or to profile a part of its life, from outside. While it is not used it costs the process nothing.
 */
export class Inspector {
  private nextId = 1;

  private constructor(
    private readonly pid: number,
    private readonly socket: WebSocket,
  ) {}

  static async open({ pid, logFile }: Inspectable): Promise<Inspector> {
    process.kill(pid, 'SIGUSR1');
    const deadline = Date.now() + OPENS_WITHIN_MS;
    for (;;) {
      const url = /^Debugger listening on (ws:\S+)$/m.exec(await readFile(logFile, 'utf8'))?.[1];
      if (url !== undefined) {
        const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 2 ** 30 });
        await once(socket, 'open');
        return new Inspector(pid, socket);
      }
      if (Date.now() > deadline)
        throw new Error(`process ${pid} opened no inspector within ${OPENS_WITHIN_MS} ms`);
      await pause(50);
    }
  }

  async startProfile(): Promise<void> {
    await this.call('Profiler.enable');
    await this.call('Profiler.setSamplingInterval', { interval: 500 });
    await this.call('Profiler.start');
  }

  /** The content of a `.cpuprofile` file. */
  async stopProfile(): Promise<string> {
    const { profile } = (await this.call('Profiler.stop')) as { profile: unknown };
    return JSON.stringify(profile);
  }

  /** After a full collection. */
  async memory(): Promise<Memory> {
    await this.call('HeapProfiler.collectGarbage');
    // Pages are given back after the collection, by other threads.
    await pause(500);
    await this.call('HeapProfiler.collectGarbage');
    await pause(500);
    const answer = (await this.call('Runtime.evaluate', {
      expression: 'const m = process.memoryUsage(); m.heapUsed + m.external',
      replMode: true,
    })) as { result: { value?: number } };
    if (answer.result.value === undefined) throw new Error('the process did not tell its memory');
    return { residentBytes: residentBytes(this.pid), heapBytes: answer.result.value };
  }

  close(): void {
    this.socket.close();
  }

  private call(method: string, params: object = {}): Promise<unknown> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const answered = (data: Buffer) => {
        const answer = JSON.parse(data.toString()) as {
          id?: number;
          result?: unknown;
          error?: { message: string };
        };
        if (answer.id !== id) return;
        this.socket.off('message', answered);
        if (answer.error) reject(new Error(`${method}: ${answer.error.message}`));
        else resolve(answer.result);
      };
      this.socket.on('message', answered);
      this.socket.send(JSON.stringify({ id, method, params }));
    });
  }
}
