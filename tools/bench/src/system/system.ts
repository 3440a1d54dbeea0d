import { type System } from '@parley/e2e/harness';
import { type NamedProcess } from '../measure/cpu-sampler.js';

/** A Parley that was started to be measured. */
export interface MeasuredSystem extends System {
  /** Each gateway, by itself and not through the front door. */
  readonly gateways: readonly { name: string; url: string; pid: number }[];
  /** Every server process that runs now, without the front door: the load goes around it. */
  serverProcesses(): NamedProcess[];
  /** What a produce waits for. */
  readonly acks: string;
  /** On which port each service process opens its inspector when asked to. */
  readonly inspectPort: number;
  /** SIGKILL; of the cluster form only. */
  kill(name: string): Promise<void>;
}

export interface StartOptions {
  /** How many message processes: cluster form only. */
  messages: number;
  profileFolder: string | undefined;
}

/** What the services' node gets: nothing that changes what they do. */
export function nodeArguments(inspectPort: number, profileFolder: string | undefined): string[] {
  const profile = profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
  return [`--inspect-port=${inspectPort}`, ...profile];
}
