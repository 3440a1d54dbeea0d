import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type LoadJob, type LoadProgress, type LoadResult } from './job.js';

export interface LoadObserver {
  /** All sessions are ready; the load goes on when this resolves. */
  connected?(): Promise<void>;
  measuring?(): void;
  measured?(): void;
}

/** Runs a job in a process of its own. Rejects with the reason where it could not be done. */
export async function runLoad<Job extends LoadJob>(
  job: Job,
  observer: LoadObserver,
): Promise<Extract<LoadResult, { kind: Job['kind'] }>> {
  const child = fork(fileURLToPath(new URL('./load-process.js', import.meta.url)), {
    serialization: 'advanced',
    // A run's recording is large, and the collector must not rule the measurement.
    execArgv: ['--max-old-space-size=8192', '--max-semi-space-size=64'],
  });
  try {
    return await new Promise((resolve, reject) => {
      child.on('exit', (code, signal) => reject(new Error(`the load process ended (${signal ?? code})`)));
      child.on('error', reject);
      child.on('message', (progress: LoadProgress) => {
        switch (progress.kind) {
          case 'connected':
            (observer.connected?.() ?? Promise.resolve()).then(() => child.send('go'), reject);
            return;
          case 'measuring':
            return observer.measuring?.();
          case 'measured':
            return observer.measured?.();
          case 'finished':
            return resolve(progress.result as Extract<LoadResult, { kind: Job['kind'] }>);
          case 'failed':
            return reject(new Error(`the load could not run: ${progress.reason}`));
        }
      });
      child.send(job);
    });
  } finally {
    child.removeAllListeners('exit');
    child.kill('SIGKILL');
  }
}
