import { type Log } from '@parley/service';
import { type ClientBase, type Pool, type PoolClient } from 'pg';

// One plan for every size of batch, made once; and never one that reads a whole table, which the planner would choose
// while it believes a young table to be empty, and keep while it grows.
const settings = 'SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off';

/** The connection that stores batches. It keeps its prepared statements, and is replaced when it breaks. */
export class DedicatedConnection {
  private client: Promise<PoolClient> | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly log: Log,
  ) {}

  async use<T>(work: (database: ClientBase) => Promise<T>): Promise<T> {
    this.client ??= this.open();
    const opening = this.client;
    let client: PoolClient;
    try {
      client = await opening;
    } catch (error) {
      if (this.client === opening) this.client = undefined;
      throw error;
    }
    return work(client);
  }

  async close(): Promise<void> {
    const client = await this.client?.catch(() => undefined);
    this.client = undefined;
    client?.release(true);
  }

  private async open(): Promise<PoolClient> {
    const client = await this.pool.connect();
    client.on('error', (error) => {
      this.log.warn({ err: error }, 'the connection that stores batches broke: another one is opened');
      this.client = undefined;
      client.release(error);
    });
    try {
      await client.query(settings);
    } catch (error) {
      this.client = undefined;
      client.release(error as Error);
      throw error;
    }
    return client;
  }
}
