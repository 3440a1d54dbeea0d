import { prove } from '../history/prove.js';
import { type ReceiptsLoad } from '../load/requests.js';
import { startServerCpu } from '../measure/server-cpu.js';
import { type Options } from '../options.js';
import { progress } from '../report/progress.js';
import { groups, readersOf } from '../system/population.js';
import { type MeasuredSystem } from '../system/system.js';
import { withLoads } from './recordings.js';
import { type ScenarioResult } from './scenario.js';

/** The first rounds are of a cold server. */
const WARM_UP_MESSAGES = 3;

/** A large group, all of it connected: a message is read by all at once, and its sender learns that. */
export function receipts(system: MeasuredSystem, options: Options): Promise<ScenarioResult> {
  return withLoads(async (start, recordingFile) => {
    const { members, count, textLength } = options;
    const population = await groups(system, members, members);
    const load: ReceiptsLoad = {
      ...population,
      messages: count,
      warmUp: WARM_UP_MESSAGES,
      textLength,
      recordingFile: recordingFile('receipts'),
    };
    progress(`a group of ${members}, ${count} messages that all read`);
    const cpu = startServerCpu(system);
    const result = await start().ask('receipts', load);
    const cpuByProcess = cpu();
    await requireReaders(system, load, result.lastSeq);
    progress('checking the history');
    const { seconds, allRead, deliver, summaries, refused, lost, clientCpuSeconds } = result;
    return {
      verdict: await prove(system, load),
      measurements: {
        seconds,
        allRead,
        deliver,
        summariesPerMessage: summaries,
        cpuByProcess,
        clientCpuSeconds,
        refused,
        lost,
      },
    };
  });
}

/** That the sum was right: whoever has read the last message is named, one by one. */
async function requireReaders(system: MeasuredSystem, load: ReceiptsLoad, seq: number): Promise<void> {
  const [conversation] = load.conversations;
  const owner = load.devices[0];
  if (conversation === undefined || owner === undefined) throw new Error('there is no group');
  const readers = await readersOf(system, owner, conversation.id, seq);
  const others = load.devices.length - 1;
  if (readers.length !== others) throw new Error(`${readers.length} of ${others} are named as readers`);
}
