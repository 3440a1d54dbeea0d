import { parseArgs } from 'node:util';
import { type Pace } from './load/job.js';

export const scenarios = [
  'direct',
  'group',
  'idle',
  'connects',
  'kill',
  'sync',
  'storm',
  'receipts',
  'beside',
] as const;
export type Scenario = (typeof scenarios)[number];

/** What goes on beside the messages. */
export const companions = ['receipts', 'presence', 'storm'] as const;
export type Companion = (typeof companions)[number];

export interface Options {
  scenario: Scenario;
  form: 'standalone' | 'cluster';
  pace: Pace;
  /** UTF-16 code units of each message's text. */
  textLength: number;
  seconds: number;
  warmUpSeconds: number;
  /** Devices that send and receive: direct, group, kill, beside; that sync: sync, storm. */
  devices: number;
  /** Members of each group. */
  members: number;
  /**
   * Sockets (idle, connects), messages that each device missed (sync) or that all read (receipts); beside: sessions
   * that come each second, or clients of the storm.
   */
  count: number;
  /** Conversations that the missed messages are in: sync. */
  conversations: number;
  /** Runs with and without: beside. */
  pairs: number;
  beside: Companion;
  json: boolean;
  /** Where CPU profiles of the services go; absent for none. */
  profileFolder?: string;
}

export class UsageError extends Error {}

export const usage = `npm run bench -- ${scenarios.join('|')} [options]

  --standalone     one process with PostgreSQL beside it; otherwise the cluster form
  --inflight N     closed loop: N messages without an ack in all (direct 64, group 16)
  --rate N         open loop instead: N messages per second
  --size N         length of each text, in UTF-16 code units (100)
  --seconds N      length of the measured interval (10)
  --warmup N       seconds of the same load before it (3)
  --devices N      devices of direct and beside (240), group, kill and sync (200), storm (2500)
  --members N      members of each group (50, sync 20, receipts 1000)
  --count N        sockets of idle and connects (10000), missed messages of sync (1000),
                   messages of receipts (10); beside: clients of the storm (2500), or sessions
                   that come and go per second (200)
  --conversations N  conversations that the missed messages of sync are in (20)
  --beside NAME    what goes on beside the messages: ${companions.join(', ')} (receipts)
  --pairs N        runs of beside, each with and without it (5)
  --profile DIR    CPU profiles of the services in the measured interval (direct, group, sync, storm)
  --json           one JSON object on standard output`;

/** Sessions per second, clients; receipts are as many as there are messages. */
const countsBeside: Record<Companion, number> = { receipts: 1, presence: 200, storm: 2_500 };

interface Defaults {
  devices: number;
  members: number;
  count: number;
  pace: Pace;
}

const usual: Defaults = {
  devices: 200,
  members: 50,
  count: 10_000,
  pace: { kind: 'closed', inFlight: 64 },
};

const defaults: Record<Scenario, Defaults> = {
  direct: { ...usual, devices: 240 },
  group: { ...usual, pace: { kind: 'closed', inFlight: 16 } },
  idle: { ...usual, devices: 0 },
  connects: { ...usual, devices: 0 },
  kill: usual,
  sync: { ...usual, members: 20, count: 1_000, pace: { kind: 'closed', inFlight: 1 } },
  storm: { ...usual, devices: 2_500 },
  receipts: { ...usual, members: 1_000, count: 10 },
  beside: { ...usual, devices: 240, pace: { kind: 'open', perSecond: 500 } },
};

/** @throws UsageError with a sentence that says what is wrong */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(args);
  const [name, ...others] = positionals;
  const scenario = scenarios.find((known) => known === name);
  if (scenario === undefined || others.length > 0) {
    throw new UsageError(`name one scenario: ${scenarios.join(', ')}`);
  }
  if (values.inflight !== undefined && values.rate !== undefined) {
    throw new UsageError('--inflight is a closed loop and --rate an open one: give one of them');
  }
  const beside = companions.find((known) => known === (values.beside ?? companions[0]));
  if (beside === undefined) throw new UsageError(`--beside is one of ${companions.join(', ')}`);
  const kills = scenario === 'kill' || scenario === 'storm' || (scenario === 'beside' && beside === 'storm');
  if (kills && values.standalone) {
    throw new UsageError(
      `${scenario} needs the cluster form: standalone has no second process that could go on`,
    );
  }
  const usually = defaults[scenario];
  const options: Options = {
    scenario,
    form: values.standalone ? 'standalone' : 'cluster',
    pace: paceOf(values) ?? usually.pace,
    textLength: positive('size', values.size, 100),
    seconds: positive('seconds', values.seconds, 10),
    warmUpSeconds: positive('warmup', values.warmup, 3),
    devices: positive('devices', values.devices, usually.devices),
    members: positive('members', values.members, usually.members),
    count: positive('count', values.count, scenario === 'beside' ? countsBeside[beside] : usually.count),
    conversations: positive('conversations', values.conversations, 20),
    pairs: positive('pairs', values.pairs, 5),
    beside,
    json: values.json,
  };
  return values.profile === undefined ? options : { ...options, profileFolder: values.profile };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        standalone: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        inflight: { type: 'string' },
        rate: { type: 'string' },
        size: { type: 'string' },
        seconds: { type: 'string' },
        warmup: { type: 'string' },
        devices: { type: 'string' },
        members: { type: 'string' },
        count: { type: 'string' },
        conversations: { type: 'string' },
        pairs: { type: 'string' },
        beside: { type: 'string' },
        profile: { type: 'string' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function paceOf({ inflight, rate }: { inflight?: string; rate?: string }): Pace | undefined {
  if (rate !== undefined) return { kind: 'open', perSecond: positive('rate', rate, 0) };
  if (inflight !== undefined) return { kind: 'closed', inFlight: positive('inflight', inflight, 0) };
  return undefined;
}

function positive(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new UsageError(`--${name} must be a number above 0`);
  return value;
}
