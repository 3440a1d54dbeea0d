import { mintId } from '@parley/client';
import { freshRead, TestDatabase } from '@parley/e2e/harness';
import { checkHistory, type Dump, type Verdict } from '@parley/e2e/history';
import { readFile } from 'node:fs/promises';
import { deserialize } from 'node:v8';
import { type TrafficJob } from '../load/job.js';
import { type Recording } from '../load/recording.js';
import { inParallel } from '../system/population.js';
import { type MeasuredSystem } from '../system/system.js';
import { historyEntries } from './history-entries.js';

/** In a group of 50 each further reader reads the same 10,000 rows in pages of 100 again. */
const READERS_PER_CONVERSATION = 4;

/**
 * Checks everything that the load saw against the database and what fresh devices read. All devices' logs take part;
 * of each conversation up to four members read it from the first message to the last.
 */
export async function prove(system: MeasuredSystem, job: TrafficJob): Promise<Verdict> {
  const recording = deserialize(await readFile(job.recordingFile)) as Recording;
  const wanted = new Set(job.conversations.map(({ id }) => id));
  const readers = job.conversations.flatMap(({ devices }) => devices.slice(0, READERS_PER_CONVERSATION));
  const reads = await inParallel(readers.length, async (index) => {
    const userId = job.devices[readers[index] ?? -1]?.userId ?? 'unknown';
    const deviceId = mintId();
    const token = system.issuer.token({ userId, deviceId });
    return freshRead(system.url, token, { userId, deviceId }, wanted);
  });
  const dump = await dumpOf(system, wanted);
  return checkHistory({ entries: historyEntries(recording, job), reads, dump });
}

async function dumpOf(system: MeasuredSystem, wanted: ReadonlySet<string>): Promise<Dump> {
  const database = new TestDatabase(system.databaseUrl);
  try {
    const { conversations, memberships, messages } = await database.dump();
    return {
      conversations: conversations.filter(({ id }) => wanted.has(id)),
      memberships: memberships.filter(({ conversationId }) => wanted.has(conversationId)),
      messages: messages.filter(({ conversationId }) => wanted.has(conversationId)),
    };
  } finally {
    await database.end();
  }
}
