import { type LatencySummary } from '../measure/latency-histogram.js';
import { type Figures } from '../measure/medians.js';
import { type BenchReport } from './report.js';

type Row = [name: string, value: string];

/** The report as a table for people. */
export function printed(report: BenchReport): string {
  const rows = [...figures(report), ...circumstances(report)];
  const width = Math.max(...rows.map(([name]) => name.length));
  const head = `${report.scenario}, ${report.form}`;
  return [head, ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)].join('\n');
}

function figures(report: BenchReport): Row[] {
  return [
    ...row('acked/s', report.ackedPerSecond, whole),
    ...row('CPU-s per 1,000 acked', report.cpuSecondsPer1000, (value) => value.toFixed(3)),
    ...row('ack', report.ack, latency),
    ...row('deliver', report.deliver, latency),
    ...row('of that the load’s lag', report.lag, latency),
    ...row('deliveries/s', report.deliveriesPerSecond, whole),
    ...row('CPU µs per delivery', report.cpuMicrosPerDelivery, (value) => value.toFixed(1)),
    ...row('bytes per connection', report.bytesPerConnection, whole),
    ...row('– held by JavaScript', report.heapBytesPerConnection, whole),
    ...row('connects/s', report.connectsPerSecond, whole),
    ...row('connect', report.connect, latency),
    ...row('connections', report.connections, whole),
    ...row('bytes per connection in presence', report.presenceBytesPerConnection, whole),
    ...row('gateway killed: acks again', report.gatewayKilled, latency),
    ...row('message killed: silence', report.messageKilled, latency),
    ...row('sync', report.sync, latency),
    ...row('syncs/s', report.syncsPerSecond, (value) => value.toFixed(1)),
    ...row('messages per sync', report.messagesPerSync, whole),
    ...row('syncs that brought something else', report.incomplete, whole),
    ...row('online again', report.online, latency),
    ...row('in sync again', report.inSync, latency),
    ...row('never in sync', report.neverInSync, whole),
    ...row('all have read', report.allRead, latency),
    ...row('summaries per message', report.summariesPerMessage, (value) => value.toFixed(1)),
    ...pairs(report),
    ...row('CPU-s by process', report.cpuByProcess, named),
    ...row('CPU-s of the load', report.clientCpuSeconds, (value) => value.toFixed(2)),
    ...row('refused', report.refused, named),
    ...row('unanswered', report.unanswered, whole),
    ...row('not delivered live', report.undelivered, whole),
    ...row('sessions lost', report.lost, named),
  ];
}

function pairs(report: BenchReport): Row[] {
  const figures = ({ ackP50, ackP99, cpuSecondsPer1000 }: Figures) =>
    `p50 ${ackP50.toFixed(1)}, p99 ${ackP99.toFixed(1)} ms, ${cpuSecondsPer1000.toFixed(3)} CPU-s per 1,000`;
  return [
    ...row('beside', report.beside, (name) => name),
    ...(report.pairs ?? []).flatMap((pair): Row[] => [
      ['alone', figures(pair.without)],
      ['– with it', figures(pair.with)],
    ]),
    ...row('ack p99, ratio', report.ratios?.ackP99, (value) => value.toFixed(2)),
    ...row('CPU per 1,000, ratio', report.ratios?.cpuSecondsPer1000, (value) => value.toFixed(2)),
    ...row('sessions/s beside', report.sessionsPerSecond, (value) => value.toFixed(0)),
    ...row('last in sync after', report.inSyncWorstMs, (value) => `${whole(value)} ms`),
  ];
}

function circumstances({ seconds, floors, durability, machine, history }: BenchReport): Row[] {
  const { fsync, full_page_writes, synchronous_commit, acks } = durability;
  return [
    ...row('measured for', seconds, (value) => `${value.toFixed(1)} s`),
    ['floor: bare ws echo/s', whole(floors.wsEchoPerSecond)],
    ['floor: bare unnest rows/s', whole(floors.unnestRowsPerSecond)],
    [
      'durability',
      `fsync ${fsync}, full_page_writes ${full_page_writes}, synchronous_commit ${synchronous_commit}, acks = ${acks}`,
    ],
    [
      'machine',
      `${machine.cores} × ${machine.cpu}, ${machine.memoryGiB} GiB, Linux ${machine.kernel}, Node ${machine.node}, PostgreSQL ${machine.postgres}`,
    ],
    ...row('history', history, ({ violations, checked }) => {
      const { sends, acked, deliveries, rowsRead } = checked;
      return `${violations} violations in ${sends} sends, ${acked} acks, ${deliveries} deliveries, ${rowsRead} rows read`;
    }),
  ];
}

function row<Value>(name: string, value: Value | undefined, format: (value: Value) => string): Row[] {
  return value === undefined ? [] : [[name, format(value)]];
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function latency({ p50, p95, p99, max }: LatencySummary): string {
  const ms = (value: number) => value.toFixed(1);
  return `p50 ${ms(p50)}, p95 ${ms(p95)}, p99 ${ms(p99)}, max ${ms(max)} ms`;
}

function named(values: Record<string, number>): string {
  const items = Object.entries(values).map(([name, value]) => `${name} ${Number(value.toFixed(2))}`);
  return items.length === 0 ? 'none' : items.join(', ');
}
