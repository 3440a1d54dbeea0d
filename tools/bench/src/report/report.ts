import { type Checked } from '@parley/e2e/history';
import { type Floors } from '../floors/floors.js';
import { type CpuSeconds } from '../measure/cpu-sampler.js';
import { type Durability } from '../measure/durability.js';
import { type LatencySummary } from '../measure/latency-histogram.js';
import { type Machine } from '../measure/machine.js';
import { type Options } from '../options.js';

/** What a scenario measured. What it does not measure is absent. Times are milliseconds where nothing else is said. */
export interface Measurements {
  /** Length of the measured interval, seconds. */
  seconds?: number;
  ackedPerSecond?: number;
  /** Of all server processes, per 1,000 acked messages. */
  cpuSecondsPer1000?: number;
  /** CPU-seconds in the measured interval, by server process; PostgreSQL with all its children. */
  cpuByProcess?: CpuSeconds;
  clientCpuSeconds?: number;
  /** From the intended time of sending to the ack. */
  ack?: LatencySummary;
  /** From the intended time of sending to the arrival at another device. */
  deliver?: LatencySummary;
  /** How late the load itself was: part of the latencies above. */
  lag?: LatencySummary;
  deliveriesPerSecond?: number;
  cpuMicrosPerDelivery?: number;
  /** Growth of the gateway's resident memory after garbage collection. */
  bytesPerConnection?: number;
  /** Growth of what its JavaScript holds, buffers included. */
  heapBytesPerConnection?: number;
  connections?: number;
  connectsPerSecond?: number;
  /** From opening the socket to `session.ready`. */
  connect?: LatencySummary;
  /** From the kill of a gateway until each of its clients had its first ack on another session. */
  gatewayKilled?: LatencySummary;
  /** The longest time without an ack that each conversation saw around the kill of a message service. */
  messageKilled?: LatencySummary;
  refused?: Record<string, number>;
  unanswered?: number;
  undelivered?: number;
  lost?: Record<string, number>;
}

export interface HistoryVerdict {
  checked: Checked;
  violations: number;
}

export interface BenchReport extends Measurements {
  scenario: Options['scenario'];
  form: Options['form'];
  options: Pick<Options, 'pace' | 'textLength' | 'devices' | 'members' | 'count' | 'warmUpSeconds'>;
  durability: Durability;
  machine: Machine;
  floors: Floors;
  history?: HistoryVerdict;
}
