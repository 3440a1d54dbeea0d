import { setTimeout as pause } from 'node:timers/promises';
import { runLoad } from '../load/run-load.js';
import { Inspector } from '../measure/inspector.js';
import { type Options } from '../options.js';
import { progress } from '../report/progress.js';
import { strangers } from '../system/population.js';
import { type MeasuredSystem } from '../system/system.js';
import { type ScenarioResult } from './scenario.js';

/** So that what the first sessions bring into being once does not count as theirs. */
const WARM_UP_SESSIONS = 200;
/** What is under way after the last connect: announcements of sessions, their acks. */
const SETTLED_WITHIN_MS = 3_000;

/** Idle authenticated sessions on the first gateway: how much its memory grows by each. */
export async function idle(system: MeasuredSystem, options: Options): Promise<ScenarioResult> {
  const [gateway] = system.gateways;
  if (gateway === undefined) throw new Error('there is no gateway');
  const inspector = await Inspector.open(gateway);
  const presence = system.services.find(({ name }) => name === 'presence-0');
  const other = presence && (await Inspector.open(presence));
  try {
    await runLoad({ kind: 'idle', devices: strangers(system, WARM_UP_SESSIONS, [gateway.url]) }, {});
    await pause(SETTLED_WITHIN_MS);
    const before = await inspector.memory();
    progress(`${gateway.name} without sessions: ${mebibytes(before.residentBytes)} MiB`);
    const presenceBefore = await other?.memory();
    let [after, presenceAfter] = [before, presenceBefore];
    const devices = strangers(system, options.count, [gateway.url]);
    const { connected } = await runLoad(
      { kind: 'idle', devices },
      {
        connected: async () => {
          await pause(SETTLED_WITHIN_MS);
          after = await inspector.memory();
          presenceAfter = await other?.memory();
          progress(`with ${devices.length}: ${mebibytes(after.residentBytes)} MiB`);
        },
      },
    );
    return {
      measurements: {
        connections: connected,
        bytesPerConnection: Math.round((after.residentBytes - before.residentBytes) / connected),
        heapBytesPerConnection: Math.round((after.heapBytes - before.heapBytes) / connected),
        ...(presenceBefore && presenceAfter
          ? {
              presenceBytesPerConnection: Math.round(
                (presenceAfter.residentBytes - presenceBefore.residentBytes) / connected,
              ),
            }
          : {}),
      },
    };
  } finally {
    inspector.close();
    other?.close();
  }
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
