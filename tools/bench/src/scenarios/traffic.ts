import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { prove } from '../history/prove.js';
import { type TrafficJob, type TrafficResult } from '../load/job.js';
import { runLoad } from '../load/run-load.js';
import { cpuBetween, sampleCpu, totalCpu, type CpuSeconds } from '../measure/cpu-sampler.js';
import { Profiler } from '../measure/profiler.js';
import { type Options } from '../options.js';
import { progress } from '../report/progress.js';
import { type Measurements } from '../report/report.js';
import { groups, pairs, type Population } from '../system/population.js';
import { type MeasuredSystem } from '../system/system.js';
import { type ScenarioResult } from './scenario.js';

/** How long every message process may take to know all sessions, so that each delivery is to be expected. */
const SESSIONS_KNOWN_WITHIN_MS = 1_500;

/** Pairs of people write to each other. */
export async function direct(system: MeasuredSystem, options: Options): Promise<ScenarioResult> {
  const { job, result, cpu, verdict } = await runTraffic(
    system,
    options,
    await pairs(system, options.devices),
  );
  return { verdict, measurements: trafficMeasurements(job, result, cpu) };
}

/** Every member of each group is connected and sends in turn. */
export async function group(system: MeasuredSystem, options: Options): Promise<ScenarioResult> {
  const population = await groups(system, options.devices, options.members);
  const { job, result, cpu, verdict } = await runTraffic(system, options, population);
  const measurements = trafficMeasurements(job, result, cpu);
  const cpuMicrosPerDelivery = (totalCpu(cpu) * 1e6) / result.deliveries;
  return { verdict, measurements: { ...measurements, cpuMicrosPerDelivery } };
}

function trafficMeasurements(job: TrafficJob, result: TrafficResult, cpu: CpuSeconds): Measurements {
  const { seconds, acked, deliveries, ack, deliver, lag, refused, unanswered, undelivered, lost } = result;
  return {
    seconds,
    ackedPerSecond: acked / seconds,
    cpuSecondsPer1000: (totalCpu(cpu) * 1000) / acked,
    cpuByProcess: cpu,
    clientCpuSeconds: result.clientCpuSeconds,
    ack,
    deliver,
    ...(job.pace.kind === 'open' ? { lag } : {}),
    deliveriesPerSecond: deliveries / seconds,
    refused,
    unanswered,
    undelivered,
    lost,
  };
}

async function runTraffic(system: MeasuredSystem, options: Options, population: Population) {
  const folder = await mkdtemp(join(tmpdir(), 'parley-bench-'));
  try {
    const { pace, textLength, warmUpSeconds, seconds } = options;
    const recordingFile = join(folder, 'recording');
    const job: TrafficJob = {
      kind: 'traffic',
      ...population,
      pace,
      textLength,
      warmUpSeconds,
      seconds,
      recordingFile,
    };
    let before: CpuSeconds = {};
    let cpu: CpuSeconds = {};
    progress(`${job.devices.length} devices in ${job.conversations.length} conversations`);
    const profiler = options.profileFolder === undefined ? undefined : await Profiler.open(system.services);
    const result = await runLoad(job, {
      connected: () => pause(SESSIONS_KNOWN_WITHIN_MS),
      measuring: () => {
        before = sampleCpu(system.serverProcesses());
        profiler?.start();
      },
      measured: () => {
        cpu = cpuBetween(before, sampleCpu(system.serverProcesses()));
        profiler?.stop();
      },
    });
    await profiler?.write(options.profileFolder ?? '.');
    progress(`${result.acked} acked in ${result.seconds.toFixed(1)} s; checking the history`);
    return { job, result, cpu, verdict: await prove(system, job) };
  } finally {
    await rm(folder, { recursive: true });
  }
}
