import { type Options } from '../options.js';
import { connects } from './connects.js';
import { idle } from './idle.js';
import { kill } from './kill.js';
import { type ScenarioRun } from './scenario.js';
import { direct, group } from './traffic.js';

export const scenarioRuns: Record<Options['scenario'], ScenarioRun> = { direct, group, idle, connects, kill };
