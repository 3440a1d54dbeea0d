import { type System } from '@parley/e2e/harness';
import { type NamedProcess } from '../measure/cpu-sampler.js';
import { type Inspectable } from '../measure/inspector.js';

export interface MeasuredService extends NamedProcess, Inspectable {
  url: string;
}

/** A Parley that was started to be measured. */
export interface MeasuredSystem extends System {
  /** Every process of a service. */
  readonly services: readonly MeasuredService[];
  /** Those that hold the sessions; the load connects to them and not through the front door. */
  readonly gateways: readonly MeasuredService[];
  /** Every server process that runs now, without the front door. */
  serverProcesses(): NamedProcess[];
  /** What a produce waits for. */
  readonly acks: string;
  /** Where the load asks by REST: the message service itself, not the front door. */
  readonly restUrl: string;
  /** SIGKILL; of the cluster form only. */
  kill(name: string): Promise<void>;
  /** Starts what was killed again, and resolves when it is ready; of the cluster form only. */
  restart(name: string): Promise<void>;
}

export interface StartOptions {
  /** How many message processes: cluster form only. */
  messages: number;
}
