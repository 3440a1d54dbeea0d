import { Client } from 'pg';

/** The settings on which an ack rests. */
export interface Durability {
  fsync: string;
  full_page_writes: string;
  synchronous_commit: string;
  /** Of the producer. */
  acks: string;
}

/** In standalone there is no broker: its log lives in the process, and an ack rests on PostgreSQL alone. */
export const acksOf = { cluster: 'all', standalone: 'none (no broker)' } as const;

const SETTINGS = ['fsync', 'full_page_writes', 'synchronous_commit'] as const;

export class NotDurable extends Error {}

/** Reads what the database really runs with, and its version. */
export async function readDurability(
  databaseUrl: string,
  acks: string,
): Promise<Durability & { postgres: string }> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string; setting: string }>(
      'SELECT name, setting FROM pg_settings WHERE name = ANY($1)',
      [[...SETTINGS, 'server_version']],
    );
    const value = (name: string) => rows.find((row) => row.name === name)?.setting ?? 'missing';
    return {
      fsync: value('fsync'),
      full_page_writes: value('full_page_writes'),
      synchronous_commit: value('synchronous_commit'),
      acks,
      postgres: value('server_version'),
    };
  } finally {
    await client.end();
  }
}

/**
 * A figure that was reached by risking messages is worth nothing.
 * @throws NotDurable
 */
export function requireDurability(durability: Durability, form: 'standalone' | 'cluster'): void {
  const acksWanted = acksOf[form];
  const wrong = [
    ...SETTINGS.filter((name) => durability[name] !== 'on').map(
      (name) => `${name} is ${durability[name]}, not on`,
    ),
    ...(durability.acks === acksWanted ? [] : [`acks is ${durability.acks}, not ${acksWanted}`]),
  ];
  if (wrong.length > 0) throw new NotDurable(`the bench does not run like this: ${wrong.join('; ')}`);
}
