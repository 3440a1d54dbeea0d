import { type Log } from '@parley/service';
import { type ClientBase, type Pool } from 'pg';
import { LeasedClient } from '../conversations/leased-client.js';

// One plan for every size of batch, made once; and never one that reads a whole table, which the planner would choose
// while it believes a young table to be empty, and keep while it grows.
const settings = 'SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off';

/** The connection that stores batches. It keeps its prepared statements, and is replaced when it breaks. */
export class DedicatedConnection {
  private current: LeasedClient | undefined;
  private opening: Promise<LeasedClient> | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly log: Log,
  ) {}

  async use<T>(work: (database: ClientBase) => Promise<T>): Promise<T> {
    const lease = this.current?.broken === false ? this.current : await this.open();
    return lease.within(work);
  }

  close(): void {
    this.current?.destroy();
    this.current = undefined;
  }

  /** Whoever needs one at the same time gets the same. */
  private open(): Promise<LeasedClient> {
    if (this.current !== undefined)
      this.log.warn({}, 'the connection that stores batches broke: opening another');
    this.current = undefined;
    this.opening ??= this.connect().finally(() => (this.opening = undefined));
    return this.opening;
  }

  private async connect(): Promise<LeasedClient> {
    const lease = new LeasedClient(await this.pool.connect());
    try {
      await lease.within((database) => database.query(settings));
      this.current = lease;
      return lease;
    } catch (error) {
      lease.destroy();
      throw error;
    }
  }
}
