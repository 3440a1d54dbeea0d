import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LoadClient } from '../load/load-client.js';

/** Runs that with a folder for recordings, which is removed afterwards, and ends all loads that it started. */
export async function withLoads<Result>(
  work: (start: () => LoadClient, recordingFile: (name: string) => string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-bench-'));
  const loads: LoadClient[] = [];
  const start = () => {
    const load = new LoadClient();
    loads.push(load);
    return load;
  };
  try {
    return await work(start, (name) => join(folder, name));
  } finally {
    for (const load of loads) load.end();
    await rm(folder, { recursive: true });
  }
}
