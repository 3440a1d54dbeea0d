import pg from 'pg';

export interface PoolOptions {
  /** `postgresql://role:password@host:port/database`. */
  url: string;
  /** Shown in pg_stat_activity: the service's slot. */
  applicationName: string;
  /** Connections at most (default 10). */
  max?: number;
  /** A single statement may take this long; milliseconds (default 10,000). */
  statementTimeoutMs?: number;
  /** A connection that broke while nobody was using it; the pool has dropped it already and opens another on demand. */
  onIdleError(error: Error): void;
}

/** A stopped process must not keep its successor waiting: what it had locked is let go after this. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 3_000;
const LOCK_TIMEOUT_MS = 2_000;
/** Below the 5 s within which a command is answered, so that a database that is away makes a clear answer. */
const CONNECT_TIMEOUT_MS = 3_000;

/** Opens no connection yet: a database that is away shows in the first query. BIGINT columns are read as numbers. */
export function createPool(options: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.max ?? 10,
    statement_timeout: options.statementTimeoutMs ?? 10_000,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser },
  });
  pool.on('error', (error) => options.onIdleError(error));
  return pool;
}

const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') =>
  oid === (pg.types.builtins.INT8 as number) && format !== 'binary'
    ? parseBigint
    : (pg.types.getTypeParser(oid, format) as (value: string) => unknown);

/** @throws RangeError beyond 2^53, where numbers lose their last digits */
function parseBigint(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${value} is beyond what a number holds exactly`);
  return number;
}
