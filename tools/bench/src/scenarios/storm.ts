import { setTimeout as pause } from 'node:timers/promises';
import { prove } from '../history/prove.js';
import { type StormLoad } from '../load/requests.js';
import { Profiler } from '../measure/profiler.js';
import { startServerCpu } from '../measure/server-cpu.js';
import { type Options } from '../options.js';
import { progress } from '../report/progress.js';
import { groups } from '../system/population.js';
import { type MeasuredSystem } from '../system/system.js';
import { withLoads } from './recordings.js';
import { type ScenarioResult } from './scenario.js';

/** The gateway that dies, and the one that lives on. */
export const DYING = 'gateway-0';
/** What is under way after the last connect: announcements of sessions, their acks. */
export const SETTLED_WITHIN_MS = 3_000;
/** Longer than it may take. */
const WITHIN_MS = 60_000;

/** All clients of a gateway that is killed come back to the other one, and ask for what they missed. */
export function storm(system: MeasuredSystem, options: Options): Promise<ScenarioResult> {
  return withLoads(async (start, recordingFile) => {
    const load = await stormLoad(system, options.devices, options, recordingFile('storm'));
    const client = start();
    await client.ask('connectStorm', load);
    await pause(SETTLED_WITHIN_MS);
    progress(`killing the gateway of ${load.devices.length - load.conversations.length} clients`);
    const survivors = system.services.filter(({ name }) => name !== DYING);
    const profiled = await Profiler.begin(survivors, options.profileFolder);
    const cpu = startServerCpu(system);
    const riding = client.ask('rideStorm', { withinMs: WITHIN_MS });
    await system.kill(DYING);
    const result = await riding;
    const cpuByProcess = cpu();
    await profiled();
    await client.ask('endStorm', null);
    progress('checking the history');
    const { clients, online, inSync, neverInSync, failed, clientCpuSeconds } = result;
    return {
      verdict: await prove(system, load),
      measurements: {
        seconds: inSync.max / 1000,
        connections: clients,
        online,
        inSync,
        neverInSync,
        refused: failed,
        cpuByProcess,
        clientCpuSeconds,
      },
    };
  });
}

/** That many clients on the gateway that will die, in groups; one more member of each group writes, on the other one. */
export async function stormLoad(
  system: MeasuredSystem,
  clients: number,
  { members, textLength }: Pick<Options, 'members' | 'textLength'>,
  recordingFile: string,
): Promise<StormLoad> {
  const [dying, refuge] = system.gatewayUrls;
  if (dying === undefined || refuge === undefined) throw new Error('a storm needs two gateways');
  const groupCount = Math.ceil(clients / members);
  const { devices, conversations } = await groups(system, groupCount * (members + 1), members + 1, {
    gatewayUrls: [dying],
  });
  const writers = new Set(conversations.map((conversation) => conversation.devices[0]));
  return {
    conversations,
    devices: devices.map((device, index) => (writers.has(index) ? { ...device, gateway: refuge } : device)),
    restUrl: system.restUrl,
    refuge,
    textLength,
    recordingFile,
  };
}
