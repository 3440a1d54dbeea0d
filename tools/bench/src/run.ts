import { type Verdict } from '@parley/e2e/history';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureFloors } from './floors/floors.js';
import { readDurability, requireDurability } from './measure/durability.js';
import { describeMachine } from './measure/machine.js';
import { type Options } from './options.js';
import { progress } from './report/progress.js';
import { type BenchReport } from './report/report.js';
import { scenarioRuns } from './scenarios/index.js';
import { startMeasuredCluster } from './system/cluster.js';
import { startMeasuredStandalone } from './system/standalone.js';
import { type MeasuredSystem } from './system/system.js';

/** Starts the system, runs one scenario on it, and ends the system, whatever happens. */
export async function run(options: Options): Promise<BenchReport> {
  progress(`starting the ${options.form} form`);
  const system = await startSystem(options);
  const stopAndExit = () => void system.stop().finally(() => process.exit(130));
  process.once('SIGINT', stopAndExit).once('SIGTERM', stopAndExit);
  try {
    return await measure(system, options);
  } finally {
    process.off('SIGINT', stopAndExit).off('SIGTERM', stopAndExit);
    await system.stop();
  }
}

function startSystem({ form, scenario }: Options): Promise<MeasuredSystem> {
  if (form === 'standalone') return startMeasuredStandalone();
  // A kill needs a second one that goes on; the figures are of one.
  return startMeasuredCluster({ messages: scenario === 'kill' ? 2 : 1 });
}

async function measure(system: MeasuredSystem, options: Options): Promise<BenchReport> {
  const { postgres, ...durability } = await readDurability(system.databaseUrl, system.acks);
  requireDurability(durability, system.form);
  progress('measuring the floors');
  const floors = await measureFloors(system.databaseUrl);
  progress(`running ${options.scenario}`);
  const { measurements, verdict } = await scenarioRuns[options.scenario](system, options);
  if (verdict !== undefined) await keepIfBroken(verdict);
  const { scenario, form, pace, textLength, devices, members, count, conversations, warmUpSeconds } = options;
  return {
    scenario,
    form,
    ...measurements,
    floors,
    ...(verdict === undefined
      ? {}
      : { history: { checked: verdict.checked, violations: violationsOf(verdict) } }),
    durability,
    options: { pace, textLength, devices, members, count, conversations, warmUpSeconds },
    machine: describeMachine(postgres),
  };
}

function violationsOf({ counts }: Verdict): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

async function keepIfBroken(verdict: Verdict): Promise<void> {
  if (verdict.violations.length === 0) return;
  const file = join(tmpdir(), `parley-bench-violations-${process.pid}.json`);
  await writeFile(file, JSON.stringify(verdict, undefined, 2));
  for (const { rule, explanation } of verdict.violations.slice(0, 5)) progress(`${rule}: ${explanation}`);
  progress(`the history is broken; all that is known about it is in ${file}`);
}
