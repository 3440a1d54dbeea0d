import { processStart } from '@parley/database/embedded';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

/** Remembers a child, so that the next start can end it if this process is killed before it can do so itself. */
export async function writePidFile(file: string, pid: number): Promise<void> {
  const started = await processStart(pid);
  if (started !== undefined) await writeFile(file, JSON.stringify({ pid, started }));
}

/** Ends the process that the file names if it still lives; a later process with the same id is left alone. */
export async function endOrphan(file: string, withinMs = 15_000): Promise<void> {
  const orphan = await readPidFile(file);
  if (orphan !== undefined) {
    const lives = async () => (await processStart(orphan.pid)) === orphan.started;
    const deadline = Date.now() + withinMs;
    let signal: NodeJS.Signals = 'SIGTERM';
    if (await lives()) {
      process.kill(orphan.pid, 'SIGCONT');
      process.kill(orphan.pid, signal);
    }
    while (await lives()) {
      await pause(20);
      if (signal === 'SIGTERM' && Date.now() > deadline) process.kill(orphan.pid, (signal = 'SIGKILL'));
    }
  }
  await rm(file, { force: true });
}

async function readPidFile(file: string): Promise<{ pid: number; started: string } | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as { pid: number; started: string };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
