import { setTimeout as pause } from 'node:timers/promises';
import { prove } from '../history/prove.js';
import { type EndlessTraffic, type RecordedLoad } from '../load/job.js';
import { type LoadClient } from '../load/load-client.js';
import { type Figures, type Pair, ratiosOf } from '../measure/medians.js';
import { totalCpu } from '../measure/cpu-sampler.js';
import { serverCpuDuring } from '../measure/server-cpu.js';
import { type Options } from '../options.js';
import { progress } from '../report/progress.js';
import { pairs as pairsOfPeople } from '../system/population.js';
import { type MeasuredSystem } from '../system/system.js';
import { type Companionship, startCompanion } from './companions.js';
import { withLoads } from './recordings.js';
import { type ScenarioResult } from './scenario.js';

/** Between two measured intervals: what the one before left behind is over. */
const SETTLED_WITHIN_MS = 2_000;

/** Messages at a fixed pace, by turns alone and with something else beside them: what that costs the messages. */
export function beside(system: MeasuredSystem, options: Options): Promise<ScenarioResult> {
  return withLoads(async (start, recordingFile) => {
    const traffic = start();
    const load = await trafficBeside(system, options, recordingFile('traffic'));
    progress(`${load.devices.length} devices write; beside them: ${options.beside}`);
    const companion = startCompanion(options.beside, { system, options, traffic, start, recordingFile });
    await traffic.ask('beginTraffic', load);
    await pause(options.warmUpSeconds * 1000);
    const pairs: Pair[] = [];
    for (let count = 0; count < options.pairs; count += 1) {
      pairs.push(await measurePair(system, traffic, companion, options, count % 2 === 1));
      progress(describe(pairs.at(-1) as Pair));
    }
    const { refused, unanswered, undelivered, lost } = await traffic.ask('endTraffic', null);
    const recorded: RecordedLoad[] = [load, ...companion.recorded];
    progress('checking the history');
    return {
      verdict: await prove(system, ...recorded),
      measurements: {
        beside: options.beside,
        ratios: ratiosOf(pairs),
        pairs,
        ...companion.told(),
        refused,
        unanswered,
        undelivered,
        lost,
      },
    };
  });
}

/** In a storm nobody who writes is on the gateway that dies. */
async function trafficBeside(
  system: MeasuredSystem,
  { beside: companion, devices, pace, textLength }: Options,
  recordingFile: string,
): Promise<EndlessTraffic> {
  const gatewayUrls = companion === 'storm' ? system.gatewayUrls.slice(1) : system.gatewayUrls;
  return { ...(await pairsOfPeople(system, devices, gatewayUrls)), pace, textLength, recordingFile };
}

/** Every other pair begins with the companion, so that a machine that gets slower or faster favours neither. */
async function measurePair(
  system: MeasuredSystem,
  traffic: LoadClient,
  companion: Companionship,
  { seconds }: Options,
  companionFirst: boolean,
): Promise<Pair> {
  const alone = async (): Promise<Figures> => {
    await pause(SETTLED_WITHIN_MS);
    return measureFigures(system, traffic, seconds);
  };
  const accompanied = async (): Promise<Figures> => {
    await companion.begin();
    const figures = await measureFigures(system, traffic, seconds, () => companion.strike());
    await companion.end();
    return figures;
  };
  if (!companionFirst) return { without: await alone(), with: await accompanied() };
  const withIt = await accompanied();
  return { without: await alone(), with: withIt };
}

async function measureFigures(
  system: MeasuredSystem,
  traffic: LoadClient,
  seconds: number,
  strike: () => Promise<void> = () => Promise.resolve(),
): Promise<Figures> {
  const cpu = serverCpuDuring(system, seconds);
  const measured = traffic.ask('measureTraffic', { seconds });
  await strike();
  const { acked, ack, ...interval } = await measured;
  const cpuByProcess = await cpu;
  return {
    ackedPerSecond: acked / interval.seconds,
    ackP50: ack.p50,
    ackP99: ack.p99,
    cpuSecondsPer1000: (totalCpu(cpuByProcess) * 1000) / acked,
    cpuByProcess,
    clientCpuSeconds: interval.clientCpuSeconds,
  };
}

function describe(pair: Pair): string {
  const of = ({ ackP99, cpuSecondsPer1000 }: Figures) =>
    `p99 ${ackP99.toFixed(1)} ms, ${cpuSecondsPer1000.toFixed(3)} CPU-s per 1,000`;
  return `alone ${of(pair.without)}; with it ${of(pair.with)}`;
}
