import { parentPort, workerData } from 'node:worker_threads';

/**
 * A thread that tells the main one each beat. Timers of an event loop are only good to a millisecond, which is as
 * much as the latency to be measured; a wait on a lock is good to some tens of microseconds.
 */
const { begin, intervalMs } = workerData as { begin: number; intervalMs: number };
const lock = new Int32Array(new SharedArrayBuffer(4));

for (let beat = 0; ; beat += 1) {
  const wait = begin + beat * intervalMs - (performance.timeOrigin + performance.now());
  if (wait > 0) Atomics.wait(lock, 0, 0, wait);
  parentPort?.postMessage(beat);
}
