import { type Verdict } from '@parley/e2e/history';
import { type Options } from '../options.js';
import { type Measurements } from '../report/report.js';
import { type MeasuredSystem } from '../system/system.js';

export interface ScenarioResult {
  measurements: Measurements;
  /** Absent where no message was sent. */
  verdict?: Verdict;
}

export type ScenarioRun = (system: MeasuredSystem, options: Options) => Promise<ScenarioResult>;
