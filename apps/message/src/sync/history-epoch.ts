import { type ClientBase, type Pool } from 'pg';

/** Names the history that this database holds: clients that saw another one forget all that they hold. */
export async function readHistoryEpoch(database: ClientBase | Pool): Promise<string> {
  const { rows } = await database.query<{ id: string }>({
    name: 'sync-history-epoch',
    text: 'SELECT id FROM messaging.history_epoch',
  });
  const [row] = rows;
  if (row === undefined) throw new Error('messaging.history_epoch is empty: it holds one row');
  return row.id;
}
