import { type LatencySummary } from '../measure/latency-histogram.js';

/** One device as the load process plays it. */
export interface LoadDevice {
  userId: string;
  deviceId: string;
  token: string;
  /** The gateway it connects to, e.g. `http://127.0.0.1:4001`. */
  gateway: string;
}

/** Closed: so many commands without an answer in all. Open: so many per second, answered or not. */
export type Pace = { kind: 'closed'; inFlight: number } | { kind: 'open'; perSecond: number };

/** What has to be known of a load to check the history of its messages. */
export interface RecordedLoad {
  devices: LoadDevice[];
  /** Each with the indices of the devices of its members. */
  conversations: { id: string; devices: number[] }[];
  /** UTF-16 code units of each text. */
  textLength: number;
  /** Where the recording goes. */
  recordingFile: string;
}

/** Messages without an end. Every member of each conversation sends in turn. */
export interface EndlessTraffic extends RecordedLoad {
  pace: Pace;
}

/** Send messages, and see what all devices get. */
export interface TrafficJob extends EndlessTraffic {
  kind: 'traffic';
  warmUpSeconds: number;
  seconds: number;
}

/** Connect all and hold them, until the parent says that it has measured. */
export interface IdleJob {
  kind: 'idle';
  devices: LoadDevice[];
}

/** Connect one after the other, so many at a time, each until `session.ready`, until time or devices run out. */
export interface ConnectsJob {
  kind: 'connects';
  devices: LoadDevice[];
  atATime: number;
  seconds: number;
}

export type LoadJob = TrafficJob | IdleJob | ConnectsJob;

/** What the load process tells while it works. */
export type LoadProgress =
  | { kind: 'connected' }
  /** The measured interval begins, or ends: the moment to sample the servers. */
  | { kind: 'measuring' }
  | { kind: 'measured' }
  | { kind: 'finished'; result: LoadResult }
  | { kind: 'failed'; reason: string };

export interface TrafficResult {
  kind: 'traffic';
  seconds: number;
  acked: number;
  deliveries: number;
  /** From the intended time of sending. */
  ack: LatencySummary;
  deliver: LatencySummary;
  /** How late the load itself sent, in milliseconds: part of the latencies above. */
  lag: LatencySummary;
  /** Refusals and their codes. */
  refused: Record<string, number>;
  /** Commands without any answer at the end. */
  unanswered: number;
  /** Deliveries of acked messages that a connected member's device did not get live. */
  undelivered: number;
  /** Sessions that ended by themselves, and why. */
  lost: Record<string, number>;
  clientCpuSeconds: number;
}

export interface IdleResult {
  kind: 'idle';
  connected: number;
}

export interface ConnectsResult {
  kind: 'connects';
  seconds: number;
  connected: number;
  connect: LatencySummary;
  refused: Record<string, number>;
  clientCpuSeconds: number;
}

export type LoadResult = TrafficResult | IdleResult | ConnectsResult;
