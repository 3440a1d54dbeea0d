/** What differs from PostgreSQL's defaults, and the three settings on which Parley's acks rest, named so that nobody wonders. */
const SETTINGS: Record<string, string | number> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',

  max_connections: 200,
  shared_buffers: '256MB',
  // Statements here are short: compiling one or starting workers for it costs more than it saves.
  jit: 'off',
  max_parallel_workers_per_gather: 0,
  random_page_cost: 1.1,

  // No standby and no archive hangs on an embedded server, so the log needs only what crash recovery needs.
  wal_level: 'minimal',
  max_wal_senders: 0,
  wal_buffers: '16MB',
  // Every checkpoint makes the next change of each page write the whole page to the log: have few of them.
  checkpoint_timeout: '15min',
  max_wal_size: '2GB',
  min_wal_size: '256MB',
};

/** Command-line arguments of `postgres`. */
export function serverArguments(pgdata: string, port: number): string[] {
  const settings = { ...SETTINGS, port };
  return ['-D', pgdata, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}
