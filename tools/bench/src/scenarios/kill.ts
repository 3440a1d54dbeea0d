import { RequestFailed } from '@parley/client';
import { type LoggedDevice, monotonicMs, World } from '@parley/e2e/harness';
import { type Entry, type Verdict } from '@parley/e2e/history';
import { setTimeout as pause } from 'node:timers/promises';
import { LatencyHistogram, type LatencySummary } from '../measure/latency-histogram.js';
import { type Options } from '../options.js';
import { progress } from '../report/progress.js';
import { inParallel } from '../system/population.js';
import { type MeasuredSystem } from '../system/system.js';
import { longestSilences, timesToReturn } from './recovery.js';
import { type ScenarioResult } from './scenario.js';

/** Each device writes this often, when its last message was answered. */
const EVERY_MS = 1000;
/** Longer than either recovery may take. */
const AFTERWARDS_MS = 15_000;

/**
 * People write to each other through the front door, as clients do, with nothing but the client's own back-off. Then
 * a gateway is killed, and when all is well again one of two message services. Neither is started again.
 */
export async function kill(system: MeasuredSystem, options: Options): Promise<ScenarioResult> {
  const world = new World(system);
  try {
    const devices = await pairsOfClients(world, options.devices);
    const stop = startWriting(devices);
    await pause(options.warmUpSeconds * 1000);
    const gatewayKilledAt = await killAndWait(system, 'gateway-0');
    const messageKilledAt = await killAndWait(system, 'message-0');
    await stop();
    const { entries } = world.recorder.finish([], { conversations: [], memberships: [], messages: [] });
    const verdict: Verdict = await world.prove();
    return { verdict, measurements: recoveries(entries, gatewayKilledAt, messageKilledAt) };
  } finally {
    await world.end();
  }
}

function recoveries(entries: readonly Entry[], gatewayKilledAt: number, messageKilledAt: number) {
  return {
    gatewayKilled: summaryOf(timesToReturn(entries, 'gateway-0', gatewayKilledAt)),
    messageKilled: summaryOf(longestSilences(entries, messageKilledAt, messageKilledAt + AFTERWARDS_MS)),
  };
}

async function killAndWait(system: MeasuredSystem, name: string): Promise<number> {
  const killedAt = monotonicMs();
  await system.kill(name);
  progress(`${name} killed`);
  await pause(AFTERWARDS_MS);
  return killedAt;
}

interface Writer {
  device: LoggedDevice;
  conversationId: string;
}

async function pairsOfClients(world: World, count: number): Promise<Writer[]> {
  const users = await world.people(count - (count % 2));
  const pairs = await inParallel(users.length / 2, async (pair) => {
    const [one, other] = users.slice(2 * pair, 2 * pair + 2) as [string, string];
    const devices = [await world.connected(one), await world.connected(other)] as const;
    const conversationId = await world.direct(devices[0], other);
    return devices.map((device) => ({ device, conversationId }));
  });
  return pairs.flat();
}

/** Returns what ends it: no device begins a new message then. */
function startWriting(writers: readonly Writer[]): () => Promise<void> {
  let running = true;
  const write = async ({ device, conversationId }: Writer, index: number) => {
    await pause((EVERY_MS * index) / writers.length);
    for (let count = 0; running; count += 1) {
      const next = pause(EVERY_MS);
      try {
        await device.client.send(conversationId, `${index}: ${count}`);
      } catch (error) {
        // A refusal is in the history: the checker decides whether it was right.
        if (!(error instanceof RequestFailed)) throw error;
      }
      await next;
    }
  };
  const writing = writers.map(write);
  return async () => {
    running = false;
    await Promise.all(writing);
  };
}

function summaryOf(milliseconds: readonly number[]): LatencySummary {
  const histogram = new LatencyHistogram();
  for (const value of milliseconds) histogram.record(value);
  return histogram.summary();
}
