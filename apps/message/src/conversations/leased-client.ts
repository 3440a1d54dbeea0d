import { type ClientBase, type PoolClient } from 'pg';

/**
 * Longer than the server lets any statement run: a connection that says nothing for so long leads nowhere. Milliseconds.
 */
const SILENCE_MS = 15_000;

/** A connection taken from the pool, which goes back once, or is closed once it broke. */
export class LeasedClient {
  private returned = false;
  private failure: Error | undefined;

  constructor(private readonly client: PoolClient) {
    // pg tells of a lost connection here, besides failing the query; unheard, it would end the process.
    client.on('error', this.onError);
  }

  get broken(): boolean {
    return this.returned || this.failure !== undefined;
  }

  /** Closes the connection, and with it fails the work, when the server says nothing for too long. */
  async within<T>(work: (database: ClientBase) => Promise<T>): Promise<T> {
    if (this.failure !== undefined) throw this.failure;
    const silence = setTimeout(() => {
      this.failure = new Error('Connection terminated: the database has said nothing for too long');
      this.destroy();
    }, SILENCE_MS);
    try {
      return await work(this.client);
    } finally {
      clearTimeout(silence);
    }
  }

  /** Gives it back to the pool, which closes it where it broke. */
  release(): void {
    this.giveBack(this.failure);
  }

  destroy(): void {
    this.giveBack(this.failure ?? true);
  }

  private giveBack(reason: Error | boolean | undefined): void {
    if (this.returned) return;
    this.returned = true;
    this.client.release(reason);
    if (reason === undefined) this.client.off('error', this.onError);
  }

  private readonly onError = (error: Error): void => {
    this.failure ??= error;
    this.destroy();
  };
}
