import { type LatencySummary } from '../measure/latency-histogram.js';
import {
  type EndlessTraffic,
  type LoadDevice,
  type Pace,
  type RecordedLoad,
  type TrafficResult,
} from './job.js';
import { type IntervalResult } from './traffic.js';

/** Devices that are away while messages are written, and then ask for them. */
export interface SyncLoad extends RecordedLoad {
  /** Where REST is asked, e.g. `http://127.0.0.1:4002`. */
  restUrl: string;
  /** Written to each conversation while the others are away. */
  messagesEach: number;
  /** By conversation the device that writes; these are not away. */
  writers: number[];
  pace: Pace;
  warmUpSeconds: number;
  seconds: number;
}

export interface SyncLoadResult {
  seconds: number;
  syncs: number;
  /** From the intended time until the last answer is parsed. */
  sync: LatencySummary;
  /** Syncs that did not bring exactly what was missed. */
  incomplete: number;
  /** Syncs that were not answered, by reason. */
  refused: Record<string, number>;
  clientCpuSeconds: number;
}

/** Everybody in the one conversation is connected; its first device writes, and all others say that they have read. */
export interface ReceiptsLoad extends RecordedLoad {
  /** How many messages, one after the other. */
  messages: number;
  /** Of those, how many do not count. */
  warmUp: number;
}

export interface ReceiptsLoadResult {
  seconds: number;
  /** From sending until the summary at the sender says that all others have read. */
  allRead: LatencySummary;
  /** From sending until a member has it. */
  deliver: LatencySummary;
  /** Summaries that each message took. */
  summaries: number;
  lastSeq: number;
  refused: Record<string, number>;
  lost: Record<string, number>;
  clientCpuSeconds: number;
}

/**
 * The first device of each conversation writes, on a gateway that lives on; all others are connected to the one that is
 * to die.
 */
export interface StormLoad extends RecordedLoad {
  restUrl: string;
  /** The gateway that all come back to. */
  refuge: string;
}

export interface StormLoadResult {
  clients: number;
  /** Until each has a session again; from the moment at which the first one lost its own. */
  online: LatencySummary;
  /** Until each holds the message that was written meanwhile, and has asked what else it missed. */
  inSync: LatencySummary;
  /** Clients that were not in sync when time was up. */
  neverInSync: number;
  /** Attempts to connect, and syncs, that failed; by reason. */
  failed: Record<string, number>;
  clientCpuSeconds: number;
}

/** Sessions that come, stay for a little and go, so many each second. */
export interface ChurnLoad {
  devices: LoadDevice[];
  perSecond: number;
}

export interface ChurnLoadResult {
  seconds: number;
  came: number;
  /** Not opened because too many were on their way, or the device was still there. */
  skipped: number;
  refused: Record<string, number>;
  clientCpuSeconds: number;
}

/** What a load process can be asked for, each with what it is given and what it answers. */
export interface LoadRequests {
  sync: { given: SyncLoad; answer: SyncLoadResult };
  receipts: { given: ReceiptsLoad; answer: ReceiptsLoadResult };
  /** Connects all and holds them. */
  connectStorm: { given: StormLoad; answer: null };
  /** From now on sessions are lost; answers when all are in sync again or that time is up. */
  rideStorm: { given: { withinMs: number }; answer: StormLoadResult };
  endStorm: { given: null; answer: null };
  beginTraffic: { given: EndlessTraffic; answer: null };
  measureTraffic: { given: { seconds: number }; answer: IntervalResult };
  switchReceipts: { given: { on: boolean }; answer: null };
  /** Sends no more; writes the recording. */
  endTraffic: { given: null; answer: TrafficResult };
  beginChurn: { given: ChurnLoad; answer: null };
  endChurn: { given: null; answer: ChurnLoadResult };
}

export type LoadRequestName = keyof LoadRequests;

export type LoadRequest = {
  [Name in LoadRequestName]: { name: Name; given: LoadRequests[Name]['given'] };
}[LoadRequestName];

export type LoadReply = { ok: true; answer: unknown } | { ok: false; reason: string };
