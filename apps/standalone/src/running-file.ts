import { rmSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';

/** What tools that work beside standalone (a load test, psql) need to know. */
export interface Running {
  readonly pid: number;
  readonly url: string;
  /** Of the database's superuser: the file is for its owner only. */
  readonly databaseUrl: string;
  readonly postgresPid: number;
}

/** Says that this process runs, until it ends by itself. One that a killed process left says nothing. */
export async function writeRunning(file: string, running: Running): Promise<void> {
  await rm(file, { force: true });
  await writeFile(file, `${JSON.stringify(running, undefined, 2)}\n`, { mode: 0o600 });
  process.once('exit', () => rmSync(file, { force: true }));
}
