import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { serialize } from 'node:v8';
import { LatencyHistogram } from '../measure/latency-histogram.js';
import { Fleet } from './fleet.js';
import {
  type ConnectsJob,
  type ConnectsResult,
  type IdleJob,
  type IdleResult,
  type LoadJob,
  type LoadProgress,
  type TrafficJob,
  type TrafficResult,
} from './job.js';
import { Traffic } from './traffic.js';

/** Longer than the gateway takes to give up on a command. */
const PATIENCE_MS = 8_000;

/** A process of its own, so that the load's CPU time is apart from the servers'. Takes one job from its parent. */
process.once('message', (job: LoadJob) => {
  run(job).then(
    (result) => tell({ kind: 'finished', result }),
    (error: unknown) =>
      tell({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));

function run(job: LoadJob) {
  switch (job.kind) {
    case 'traffic':
      return runTraffic(job);
    case 'idle':
      return runIdle(job);
    case 'connects':
      return runConnects(job);
  }
}

async function runTraffic(job: TrafficJob): Promise<TrafficResult> {
  const traffic = new Traffic(job);
  await traffic.fleet.connectAll();
  await tellAndAwait({ kind: 'connected' });
  traffic.start();
  await sleep(job.warmUpSeconds * 1000);
  tell({ kind: 'measuring' });
  const measured = await traffic.measure(job.seconds, sleep);
  tell({ kind: 'measured' });
  const result = await traffic.finish(measured, PATIENCE_MS, sleep);
  traffic.fleet.closeAll();
  writeFileSync(job.recordingFile, serialize(traffic.recording()));
  return result;
}

async function runIdle(job: IdleJob): Promise<IdleResult> {
  const fleet = new Fleet(job.devices);
  await fleet.connectAll();
  await tellAndAwait({ kind: 'connected' });
  const connected = fleet.sessions.filter((session) => session !== undefined).length;
  fleet.closeAll();
  return { kind: 'idle', connected };
}

async function runConnects(job: ConnectsJob): Promise<ConnectsResult> {
  const fleet = new Fleet(job.devices);
  const connect = new LatencyHistogram();
  let connected = 0;
  let next = 0;
  tell({ kind: 'measuring' });
  const begin = performance.now();
  const cpuBefore = process.cpuUsage();
  const end = begin + job.seconds * 1000;
  const connectNext = async () => {
    while (next < job.devices.length && performance.now() < end) {
      const from = performance.now();
      const ok = await fleet.connect(next++).then(
        () => true,
        // Counted with its reason by the fleet.
        () => false,
      );
      if (!ok) continue;
      connected += 1;
      connect.record(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: job.atATime }, connectNext));
  const seconds = (performance.now() - begin) / 1000;
  tell({ kind: 'measured' });
  const cpu = process.cpuUsage(cpuBefore);
  fleet.closeAll();
  return {
    kind: 'connects',
    seconds,
    connected,
    connect: connect.summary(),
    refused: fleet.lost,
    clientCpuSeconds: (cpu.user + cpu.system) / 1e6,
  };
}

function tell(progress: LoadProgress): void {
  process.send?.(progress);
}

/** Goes on when the parent says so. */
async function tellAndAwait(progress: LoadProgress): Promise<void> {
  await new Promise((resolve) => {
    process.once('message', resolve);
    tell(progress);
  });
}
