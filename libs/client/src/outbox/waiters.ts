import { SenderClosed } from './sender.js';

/** Somebody in this tab who waits for what becomes of a command. */
interface Waiter {
  resolve(data: unknown): void;
  reject(error: Error): void;
  /** It is in the store, and the tab that leads was told. */
  handedOver: boolean;
}

/** Those in this tab who wait for what becomes of a command, by its id. */
export class Waiters {
  private readonly waiters = new Map<string, Waiter>();
  private readonly results = new Map<string, Promise<unknown>>();

  get ids(): Iterable<string> {
    return this.waiters.keys();
  }

  /** What somebody waits for already: who asks for the same once more waits with them. */
  result(id: string): Promise<unknown> | undefined {
    return this.results.get(id);
  }

  wait(id: string, handedOver: boolean): Promise<unknown> {
    const result = new Promise<unknown>((resolve, reject) => {
      this.waiters.set(id, { resolve, reject, handedOver });
    });
    this.results.set(id, result);
    return result;
  }

  handOver(id: string): void {
    const waiter = this.waiters.get(id);
    if (waiter) waiter.handedOver = true;
  }

  isHandedOver(id: string): boolean {
    return this.waiters.get(id)?.handedOver ?? false;
  }

  /** Whoever waits for it, for the last time. */
  take(id: string): Waiter | undefined {
    const waiter = this.waiters.get(id);
    this.waiters.delete(id);
    this.results.delete(id);
    return waiter;
  }

  /** All hear that there will be no answer from here. */
  close(): void {
    for (const id of [...this.waiters.keys()]) this.take(id)?.reject(new SenderClosed());
  }
}
