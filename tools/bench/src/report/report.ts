import { type Checked } from '@parley/e2e/history';
import { type Floors } from '../floors/floors.js';
import { type CpuSeconds } from '../measure/cpu-sampler.js';
import { type Durability } from '../measure/durability.js';
import { type LatencySummary } from '../measure/latency-histogram.js';
import { type Machine } from '../measure/machine.js';
import { type Pair, type PairRatios } from '../measure/medians.js';
import { type Companion, type Options } from '../options.js';

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
  /** Of a device that was away: from asking what moved until the last answer is parsed. */
  sync?: LatencySummary;
  syncsPerSecond?: number;
  /** What each of them brings. */
  messagesPerSync?: number;
  /** Syncs that did not bring exactly what was missed. */
  incomplete?: number;
  /** From the death of a gateway until each of its clients has a session again. */
  online?: LatencySummary;
  /** The same until it holds what was written meanwhile and has asked for everything that it missed. */
  inSync?: LatencySummary;
  neverInSync?: number;
  /** From sending a message until its sender is told that all others have read it. */
  allRead?: LatencySummary;
  summariesPerMessage?: number;
  beside?: Companion;
  /** What it multiplies, median of the pairs. */
  ratios?: PairRatios;
  pairs?: readonly Pair[];
  /** That came and went beside the messages. */
  sessionsPerSecond?: number;
  /** Of the storms beside the messages, the longest time until the last client was in sync. */
  inSyncWorstMs?: number;
  /** Growth of the presence service's resident memory; cluster form only. */
  presenceBytesPerConnection?: number;
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
  options: Pick<
    Options,
    'pace' | 'textLength' | 'devices' | 'members' | 'count' | 'conversations' | 'warmUpSeconds'
  >;
  durability: Durability;
  machine: Machine;
  floors: Floors;
  history?: HistoryVerdict;
}
