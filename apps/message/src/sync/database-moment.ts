import { type ClientBase, type Pool } from 'pg';

/** Where the database stands, told without a clock. */
export interface DatabaseMoment {
  /** The id of the oldest transaction that may still be writing: of all before it, everything is to be seen. */
  readonly horizon: number;
  /** Names the database cluster: transactions of another one are counted apart. */
  readonly system: string;
  /** Names the history that the database holds: clients that saw another one forget all that they hold. */
  readonly historyEpoch: string;
}

export async function readMoment(database: ClientBase | Pool): Promise<DatabaseMoment> {
  const { rows } = await database.query<DatabaseMoment>({
    name: 'sync-moment',
    text: `SELECT pg_snapshot_xmin(pg_current_snapshot())::text::int8 AS horizon,
             (SELECT system_identifier::text FROM pg_control_system()) AS system, id AS "historyEpoch"
           FROM messaging.history_epoch`,
  });
  const [row] = rows;
  if (row === undefined) throw new Error('messaging.history_epoch is empty: it holds one row');
  return row;
}
