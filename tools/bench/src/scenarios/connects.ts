import { runLoad } from '../load/run-load.js';
import { cpuBetween, sampleCpu, type CpuSeconds } from '../measure/cpu-sampler.js';
import { type Options } from '../options.js';
import { strangers } from '../system/population.js';
import { type MeasuredSystem } from '../system/system.js';
import { type ScenarioResult } from './scenario.js';

const AT_A_TIME = 32;

/** New sessions of different people, each from opening the socket to `session.ready`; they stay connected. */
export async function connects(system: MeasuredSystem, options: Options): Promise<ScenarioResult> {
  const devices = strangers(system, options.count, system.gatewayUrls);
  let before: CpuSeconds = {};
  let cpu: CpuSeconds = {};
  const result = await runLoad(
    { kind: 'connects', devices, atATime: AT_A_TIME, seconds: options.seconds },
    {
      measuring: () => (before = sampleCpu(system.serverProcesses())),
      measured: () => (cpu = cpuBetween(before, sampleCpu(system.serverProcesses()))),
    },
  );
  const { seconds, connected, connect, refused, clientCpuSeconds } = result;
  return {
    measurements: {
      seconds,
      connectsPerSecond: connected / seconds,
      connections: connected,
      connect,
      cpuByProcess: cpu,
      clientCpuSeconds,
      refused,
    },
  };
}
