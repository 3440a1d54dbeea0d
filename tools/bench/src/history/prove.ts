import { mintId } from '@parley/client';
import { freshRead, TestDatabase } from '@parley/e2e/harness';
import { checkHistory, type Dump, type Entry, type Verdict } from '@parley/e2e/history';
import { readFile } from 'node:fs/promises';
import { deserialize } from 'node:v8';
import { type RecordedLoad } from '../load/job.js';
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
export async function prove(system: MeasuredSystem, ...loads: readonly RecordedLoad[]): Promise<Verdict> {
  const entries: Entry[] = [];
  for (const load of loads) {
    const recording = deserialize(await readFile(load.recordingFile)) as Recording;
    for (const entry of historyEntries(recording, load)) entries.push(entry);
  }
  entries.sort((left, right) => left.at - right.at);
  const wanted = new Set(loads.flatMap(({ conversations }) => conversations.map(({ id }) => id)));
  const readers = [...new Set(loads.flatMap(readersOf))];
  const reads = await inParallel(readers.length, async (index) => {
    const userId = readers[index] ?? 'unknown';
    const deviceId = mintId();
    const token = system.issuer.token({ userId, deviceId });
    return freshRead(system.url, token, { userId, deviceId }, wanted);
  });
  const dump = await dumpOf(system, wanted);
  return checkHistory({ entries, reads, dump });
}

/** The ids of up to four people of each conversation. */
function readersOf({ conversations, devices }: RecordedLoad): string[] {
  return conversations.flatMap((conversation) =>
    conversation.devices
      .slice(0, READERS_PER_CONVERSATION)
      .map((device) => devices[device]?.userId ?? 'unknown'),
  );
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
