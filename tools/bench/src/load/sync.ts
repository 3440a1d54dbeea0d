import { LatencyHistogram } from '../measure/latency-histogram.js';
import { DeviceSync } from './device-sync.js';
import { Fleet } from './fleet.js';
import { startLoadCpu } from './load-cpu.js';
import { MessageWriter } from './message-writer.js';
import { clock, createPacer } from './pacing.js';
import { type SyncLoad, type SyncLoadResult } from './requests.js';
import { RestClient } from './rest-client.js';
import { together } from './together.js';
import { setTimeout as sleep } from 'node:timers/promises';

const CONNECTIONS = 64;
const AT_A_TIME = 16;
/** Under way when the interval ends: longer than any of them may take. */
const PATIENCE_MS = 15_000;

/** Devices hold everything, are away while messages are written, and then ask for what they missed, over and over. */
export async function runSync(load: SyncLoad): Promise<SyncLoadResult> {
  const rest = new RestClient(load.restUrl, CONNECTIONS);
  const writers = new Set(load.writers);
  const away = load.devices
    .filter((_, index) => !writers.has(index))
    .map(({ token }) => new DeviceSync(rest, token));
  await together(away.length, AT_A_TIME, (index) => (away[index] as DeviceSync).begin());
  await writeAll(load);
  const result = await measure(load, away);
  rest.close();
  return result;
}

async function writeAll(load: SyncLoad): Promise<void> {
  const writer = new MessageWriter(load);
  const fleet = new Fleet(load.devices, {
    answered: (_device, number, _ok, answer) => writer.answered(number, answer),
    event: (device, packet) => void writer.delivered(device, packet),
    lost: () => undefined,
  });
  const devices = [...new Set(load.writers)];
  await together(devices.length, AT_A_TIME, (index) => fleet.connect(devices[index] as number));
  await together(load.conversations.length, 64, async (conversation) => {
    const device = load.writers[conversation] as number;
    for (let count = 0; count < load.messagesEach; count += 1) await writer.send(fleet, conversation, device);
  });
  // What the other writers of a conversation's members get is on its way still.
  await sleep(500);
  fleet.closeAll();
  writer.writeRecording();
}

async function measure(load: SyncLoad, away: readonly DeviceSync[]): Promise<SyncLoadResult> {
  const histogram = new LatencyHistogram();
  const refused: Record<string, number> = {};
  const missed = missedMessages(load);
  const measuredFrom = clock() + load.warmUpSeconds * 1000;
  const measuredTo = measuredFrom + load.seconds * 1000;
  let [next, syncs, incomplete, underWay] = [0, 0, 0, 0];
  const syncOne = async (intendedAt: number) => {
    const device = away[next++ % away.length]?.copy();
    const counts = intendedAt >= measuredFrom && intendedAt < measuredTo;
    underWay += 1;
    try {
      const { messages, limited } = (await device?.catchUp()) ?? { messages: 0, limited: 0 };
      if (counts) histogram.record(clock() - intendedAt);
      if (counts) syncs += 1;
      if (messages !== missed || limited > 0) incomplete += 1;
      return true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      refused[reason] = (refused[reason] ?? 0) + 1;
      return false;
    } finally {
      underWay -= 1;
    }
  };
  const pacer = createPacer(load.pace, (intendedAt) => {
    void syncOne(intendedAt).then((ok) => pacer.answered(ok));
  });
  pacer.start();
  await sleep(measuredFrom - clock());
  const cpu = startLoadCpu();
  await sleep(measuredTo - clock());
  const clientCpuSeconds = cpu();
  pacer.stop();
  for (const deadline = clock() + PATIENCE_MS; underWay > 0 && clock() < deadline;) await sleep(10);
  return { seconds: load.seconds, syncs, sync: histogram.summary(), incomplete, refused, clientCpuSeconds };
}

/** Every device is in as many conversations as the first one. */
function missedMessages({ conversations, messagesEach }: SyncLoad): number {
  const mine = conversations.filter(({ devices }) => devices.includes(0));
  return mine.length * messagesEach;
}
