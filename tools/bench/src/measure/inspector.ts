import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { residentBytes } from './proc-stat.js';

const OPENS_WITHIN_MS = 5_000;

export interface Memory {
  /** What the process occupies, native parts included. */
  residentBytes: number;
  /** What its JavaScript holds: heap, and buffers outside of it. */
  heapBytes: number;
}

/**
 * Looks into a running Node process through its inspector, opened by SIGUSR1: the only way to have its garbage
 * collected from outside, and it costs the process nothing while it runs.
 */
export class Inspector {
  private nextId = 1;

  private constructor(
    private readonly pid: number,
    private readonly socket: WebSocket,
  ) {}

  /** @param port what the process was started with as `--inspect-port` */
  static async open(pid: number, port: number): Promise<Inspector> {
    process.kill(pid, 'SIGUSR1');
    const deadline = Date.now() + OPENS_WITHIN_MS;
    for (;;) {
      const url = await findTarget(port);
      if (url !== undefined) {
        const socket = new WebSocket(url, { perMessageDeflate: false });
        await once(socket, 'open');
        return new Inspector(pid, socket);
      }
      if (Date.now() > deadline) throw new Error(`process ${pid} opened no inspector on port ${port}`);
      await pause(50);
    }
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

async function findTarget(port: number): Promise<string | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/json/list`);
    const targets = (await response.json()) as { webSocketDebuggerUrl?: string }[];
    return targets[0]?.webSocketDebuggerUrl;
  } catch (error) {
    // Nobody listens yet.
    if (error instanceof Error && error.message === 'fetch failed') return undefined;
    throw error;
  }
}
