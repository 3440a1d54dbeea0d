import { setTimeout as pause } from 'node:timers/promises';
import { type RecordedLoad } from '../load/job.js';
import { type LoadClient } from '../load/load-client.js';
import { type ChurnLoadResult, type StormLoadResult } from '../load/requests.js';
import { type Companion, type Options } from '../options.js';
import { type Measurements } from '../report/report.js';
import { strangers } from '../system/population.js';
import { type MeasuredSystem } from '../system/system.js';
import { DYING, SETTLED_WITHIN_MS, stormLoad } from './storm.js';

/** What goes on beside messages, again and again. */
export interface Companionship {
  /** Resolves when it goes on as it will. */
  begin(): Promise<void>;
  /** What is to happen at the beginning of the measured interval. */
  strike(): Promise<void>;
  /** Resolves when nothing of it is left. */
  end(): Promise<void>;
  /** What it wrote itself. */
  readonly recorded: readonly RecordedLoad[];
  /** What is to be known of it. */
  told(): Measurements;
}

interface Surroundings {
  system: MeasuredSystem;
  options: Options;
  traffic: LoadClient;
  start: () => LoadClient;
  recordingFile: (name: string) => string;
}

export function startCompanion(name: Companion, surroundings: Surroundings): Companionship {
  switch (name) {
    case 'receipts':
      return receiptsOfEveryMessage(surroundings);
    case 'presence':
      return churn(surroundings);
    case 'storm':
      return storms(surroundings);
  }
}

const nothing = () => Promise.resolve();
/** Receipts are merged and told within fractions of a second. */
const RECEIPTS_SETTLED_MS = 2_000;

function receiptsOfEveryMessage({ traffic }: Surroundings): Companionship {
  const turn = async (on: boolean) => {
    await traffic.ask('switchReceipts', { on });
    await pause(RECEIPTS_SETTLED_MS);
  };
  return {
    begin: () => turn(true),
    strike: nothing,
    end: () => turn(false),
    recorded: [],
    told: () => ({}),
  };
}

/** Each stays for two seconds and is offline ten later: those who come again were offline. */
const SECONDS_UNTIL_AGAIN = 20;
/** So long it takes until as many become offline as online. */
const CHURN_SETTLED_MS = 13_000;

function churn({ system, options, start }: Surroundings): Companionship {
  const load = start();
  const devices = strangers(system, options.count * SECONDS_UNTIL_AGAIN, system.gatewayUrls);
  const results: ChurnLoadResult[] = [];
  return {
    begin: async () => {
      await load.ask('beginChurn', { devices, perSecond: options.count });
      await pause(CHURN_SETTLED_MS);
    },
    strike: nothing,
    end: async () => {
      results.push(await load.ask('endChurn', null));
      await pause(CHURN_SETTLED_MS);
    },
    recorded: [],
    told: () => ({
      sessionsPerSecond: sum(results, ({ came }) => came) / sum(results, ({ seconds }) => seconds),
      clientCpuSeconds: sum(results, ({ clientCpuSeconds }) => clientCpuSeconds),
    }),
  };
}

const STORM_WITHIN_MS = 60_000;

function storms({ system, options, start, recordingFile }: Surroundings): Companionship {
  const load = start();
  const recorded: RecordedLoad[] = [];
  const results: StormLoadResult[] = [];
  let riding: Promise<StormLoadResult> | undefined;
  return {
    begin: async () => {
      const file = recordingFile(`storm-${recorded.length}`);
      const next = await stormLoad(system, options.count, options, file);
      recorded.push(next);
      await load.ask('connectStorm', next);
      await pause(SETTLED_WITHIN_MS);
    },
    strike: async () => {
      riding = load.ask('rideStorm', { withinMs: STORM_WITHIN_MS });
      await system.kill(DYING);
    },
    end: async () => {
      if (riding !== undefined) results.push(await riding);
      await load.ask('endStorm', null);
      await system.restart(DYING);
      await pause(SETTLED_WITHIN_MS);
    },
    recorded,
    told: () => ({
      inSyncWorstMs: Math.max(...results.map(({ inSync }) => inSync.max)),
      neverInSync: sum(results, ({ neverInSync }) => neverInSync),
      clientCpuSeconds: sum(results, ({ clientCpuSeconds }) => clientCpuSeconds),
    }),
  };
}

function sum<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
