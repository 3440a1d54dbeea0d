import { prove } from '../history/prove.js';
import { type SyncLoad } from '../load/requests.js';
import { Profiler } from '../measure/profiler.js';
import { startServerCpu } from '../measure/server-cpu.js';
import { type Options } from '../options.js';
import { progress } from '../report/progress.js';
import { groups } from '../system/population.js';
import { type MeasuredSystem } from '../system/system.js';
import { withLoads } from './recordings.js';
import { type ScenarioResult } from './scenario.js';

/** Enough of each circle of people that none of them writes faster than a device may. */
const WRITERS = 4;

/** Devices that were away ask for what they missed: messages in several conversations. */
export function sync(system: MeasuredSystem, options: Options): Promise<ScenarioResult> {
  return withLoads(async (start, recordingFile) => {
    const { pace, textLength, seconds, warmUpSeconds, devices, members, conversations, count } = options;
    const population = await groups(system, devices, members, { shared: conversations });
    const load: SyncLoad = {
      ...population,
      restUrl: system.restUrl,
      messagesEach: Math.ceil(count / conversations),
      writers: population.conversations.map(
        (conversation, index) =>
          conversation.devices[Math.floor((index * WRITERS) / population.conversations.length)] ?? 0,
      ),
      pace,
      textLength,
      seconds,
      warmUpSeconds,
      recordingFile: recordingFile('sync'),
    };
    const missed = load.messagesEach * conversations;
    progress(`${population.devices.length} devices, each to miss ${missed} messages in ${conversations}`);
    const profiled = await Profiler.begin(system.services, options.profileFolder);
    const cpu = startServerCpu(system);
    const result = await start().ask('sync', load);
    await profiled();
    const { syncs, sync, incomplete, refused, clientCpuSeconds } = result;
    progress(`${syncs} syncs; checking the history`);
    return {
      verdict: await prove(system, load),
      measurements: {
        seconds: result.seconds,
        sync,
        syncsPerSecond: syncs / result.seconds,
        messagesPerSync: missed,
        incomplete,
        refused,
        clientCpuSeconds,
        cpuByProcess: cpu(),
      },
    };
  });
}
