import { Client } from 'pg';

/**
 * Gives the history that the database holds another name, so that all devices forget what they hold and sync anew.
 * @returns the new name
 */
export async function renewHistoryEpoch(databaseUrl: string): Promise<string> {
  const database = new Client({ connectionString: databaseUrl, application_name: 'new-history-epoch' });
  await database.connect();
  try {
    const { rows } = await database.query<{ id: string }>(
      'UPDATE messaging.history_epoch SET id = gen_random_uuid() RETURNING id',
    );
    const [row] = rows;
    if (row === undefined) throw new Error('messaging.history_epoch is empty: it holds one row');
    return row.id;
  } finally {
    await database.end();
  }
}
