import { idSchema } from '@parley/contracts';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { type RepublishSelection } from './republisher.js';

export const usage = `Publishes what the database holds again, for services that keep a copy of it:

  npm run republish -- --all                   every conversation with its members, and every account
  npm run republish -- --since <ISO 8601 time> conversations changed since (seven days at most), and every account
  npm run republish -- --conversation <id>     one conversation
  npm run republish -- --accounts              every account

  --after <id>   goes on after this conversation or account: where an earlier run ended

DATABASE_URL (of the role parley_message) and KAFKA_BROKERS must be set as for the message service.`;

/** What was asked for makes no sense; the message says why. */
export class UsageError extends Error {}

const time = z.iso.datetime({ offset: true, error: 'must be a time such as 2026-01-31T12:00:00Z' });

/** @throws UsageError */
export function readArguments(args: readonly string[], earliest: Date): RepublishSelection {
  const { all, since, conversation, accounts, after } = parse(args);
  const asked = [all, since, conversation, accounts].filter((one) => one !== undefined);
  if (asked.length !== 1)
    throw new UsageError('Choose one of --all, --since, --conversation and --accounts.');
  if (conversation !== undefined) {
    if (after !== undefined) throw new UsageError('--after: there is nothing after one conversation');
    return { of: 'conversation', id: check('--conversation', idSchema, conversation) };
  }
  const rest = after === undefined ? {} : { after: check('--after', idSchema, after) };
  if (accounts) return { of: 'accounts', ...rest };
  if (since === undefined) return { of: 'all', ...rest };
  const from = new Date(check('--since', time, since));
  if (from < earliest) {
    throw new UsageError(`--since: what changed is known from ${earliest.toISOString()} on only; take --all`);
  }
  return { of: 'since', since: from, ...rest };
}

function parse(args: readonly string[]) {
  try {
    const text = { type: 'string' } as const;
    const flag = { type: 'boolean' } as const;
    const options = { all: flag, since: text, conversation: text, accounts: flag, after: text };
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function check(option: string, schema: z.ZodType<string>, value: string): string {
  const { data, error } = schema.safeParse(value);
  if (error) throw new UsageError(`${option}: ${error.issues[0]?.message}`);
  return data;
}

/** The arguments that ask for this. */
export function writeArguments(selection: RepublishSelection): string {
  switch (selection.of) {
    case 'conversation':
      return `--conversation ${selection.id}`;
    case 'since':
      return `--since ${selection.since.toISOString()}${afterOf(selection)}`;
    case 'all':
    case 'accounts':
      return `--${selection.of}${afterOf(selection)}`;
  }
}

function afterOf({ after }: { after?: string }): string {
  return after === undefined ? '' : ` --after ${after}`;
}
