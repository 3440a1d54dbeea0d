import { timing } from '@parley/contracts';
import { createPool } from '@parley/database';
import { createKafkaBus } from '@parley/event-bus';
import { createLog, runMain } from '@parley/service';
import { readArguments, usage, UsageError, writeArguments } from './arguments.js';
import { readRepublishSettings } from './config.js';
import { type RepublishProgress, Republisher, type RepublishSelection } from './republisher.js';

const sayEveryMs = 1_000;

await runMain(async () => {
  const selection = selectionOf(process.argv.slice(2));
  const { databaseUrl, kafka } = readRepublishSettings();
  const log = createLog('republish', 'error');
  const bus = createKafkaBus({
    ...kafka,
    clientId: 'republish',
    log: (level, message, details = {}) => log[level](details, message),
  });
  const pool = createPool({
    url: databaseUrl,
    applicationName: 'republish',
    max: 2,
    onIdleError: (error) => log.warn({ err: error }, 'a connection to the database broke'),
  });
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  let latest: RepublishProgress | undefined;
  let saidAt = Date.now();
  try {
    const republisher = new Republisher(pool, bus.background, bus.topics);
    latest = await republisher.republish(selection, {
      signal: stopping.signal,
      onProgress: (progress) => {
        latest = progress;
        if (Date.now() - saidAt < sayEveryMs) return;
        saidAt = Date.now();
        say(`… ${describe(progress)}`);
      },
    });
    if (stopping.signal.aborted) throw new Error('interrupted');
    const isMissing = selection.of === 'conversation' && latest.conversations === 0;
    say(isMissing ? 'There is no conversation with this id.' : `Done: ${describe(latest)}.`);
    process.exitCode = isMissing ? 1 : 0;
  } catch (error) {
    say(
      `${(error as Error).message}\nWhat is left: npm run republish -- ${writeArguments(latest?.rest ?? selection)}`,
    );
    process.exitCode = 1;
  } finally {
    await pool.end();
    await bus.close();
  }
});

function selectionOf(args: readonly string[]): RepublishSelection {
  try {
    return readArguments(args, new Date(Date.now() - timing.commandResultLifeMs));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${usage}\n`);
    process.exit(64);
  }
}

function describe({ conversations, members, accounts }: RepublishProgress): string {
  return `${conversations} conversations with ${members} rows of members, ${accounts} accounts`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
