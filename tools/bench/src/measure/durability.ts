import { Client } from 'pg';

/** The settings on which an ack rests. */
export interface Durability {
  fsync: string;
  full_page_writes: string;
  synchronous_commit: string;
  /** Of the producer: `all`; in standalone there is no broker. */
  acks: string;
}

const SETTINGS = ['fsync', 'full_page_writes', 'synchronous_commit'] as const;

export class NotDurable extends Error {}

/** Reads what the database really runs with. */
export async function readDurability(databaseUrl: string, acks: string): Promise<Durability> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: (typeof SETTINGS)[number]; setting: string }>(
      'SELECT name, setting FROM pg_settings WHERE name = ANY($1)',
      [SETTINGS],
    );
    const value = (name: (typeof SETTINGS)[number]) =>
      rows.find((row) => row.name === name)?.setting ?? 'missing';
    return {
      fsync: value('fsync'),
      full_page_writes: value('full_page_writes'),
      synchronous_commit: value('synchronous_commit'),
      acks,
    };
  } finally {
    await client.end();
  }
}

/** A figure that was reached by risking messages is worth nothing. */
export function requireDurability(durability: Durability, acksWanted: string): void {
  const wrong = [
    ...SETTINGS.filter((name) => durability[name] !== 'on').map(
      (name) => `${name} is ${durability[name]}, not on`,
    ),
    ...(durability.acks === acksWanted ? [] : [`acks is ${durability.acks}, not ${acksWanted}`]),
  ];
  if (wrong.length > 0) throw new NotDurable(`the bench does not run like this: ${wrong.join('; ')}`);
}
