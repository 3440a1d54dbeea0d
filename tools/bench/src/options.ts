import { parseArgs } from 'node:util';
import { type Pace } from './load/job.js';

export const scenarios = ['direct', 'group', 'idle', 'connects', 'kill'] as const;
export type Scenario = (typeof scenarios)[number];

export interface Options {
  scenario: Scenario;
  form: 'standalone' | 'cluster';
  pace: Pace;
  /** UTF-16 code units of each message's text. */
  textLength: number;
  seconds: number;
  warmUpSeconds: number;
  /** Devices that send and receive: direct, group, kill. */
  devices: number;
  /** Members of each group. */
  members: number;
  /** Sockets: idle, connects. */
  count: number;
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
  --devices N      devices of direct, group and kill (240, group and kill 200)
  --members N      members of each group (50)
  --count N        sockets of idle and connects (10000)
  --profile DIR    CPU profiles of the services in the measured interval (direct, group)
  --json           one JSON object on standard output`;

const defaultDevices: Record<Scenario, number> = { direct: 240, group: 200, idle: 0, connects: 0, kill: 200 };

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
  if (scenario === 'kill' && values.standalone) {
    throw new UsageError('kill needs the cluster form: standalone has no second process that could go on');
  }
  const options: Options = {
    scenario,
    form: values.standalone ? 'standalone' : 'cluster',
    pace:
      values.rate === undefined
        ? { kind: 'closed', inFlight: positive('inflight', values.inflight, scenario === 'group' ? 16 : 64) }
        : { kind: 'open', perSecond: positive('rate', values.rate, 0) },
    textLength: positive('size', values.size, 100),
    seconds: positive('seconds', values.seconds, 10),
    warmUpSeconds: positive('warmup', values.warmup, 3),
    devices: positive('devices', values.devices, defaultDevices[scenario]),
    members: positive('members', values.members, 50),
    count: positive('count', values.count, 10_000),
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
        profile: { type: 'string' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function positive(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new UsageError(`--${name} must be a number above 0`);
  return value;
}
