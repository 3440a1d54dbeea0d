import { type Options } from '../options.js';
import { beside } from './beside.js';
import { connects } from './connects.js';
import { idle } from './idle.js';
import { kill } from './kill.js';
import { receipts } from './receipts.js';
import { type ScenarioRun } from './scenario.js';
import { storm } from './storm.js';
import { sync } from './sync.js';
import { direct, group } from './traffic.js';

export const scenarioRuns: Record<Options['scenario'], ScenarioRun> = {
  direct,
  group,
  idle,
  connects,
  kill,
  sync,
  storm,
  receipts,
  beside,
};
