import { randomUUID } from 'node:crypto';
import { Client } from 'pg';

const ROWS = 64;
const WARM_UP_MS = 500;
const TEXT = 'x'.repeat(100);

const CREATE = `
  CREATE TABLE bench_floor (
    conversation_id uuid NOT NULL, seq bigint NOT NULL, id uuid NOT NULL, version bigint NOT NULL,
    sender_id uuid NOT NULL, text text NOT NULL, created_at timestamptz(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (conversation_id, seq), UNIQUE (conversation_id, id));
  CREATE INDEX ON bench_floor (conversation_id, version)`;

const INSERT = `
  INSERT INTO bench_floor (conversation_id, seq, id, version, sender_id, text)
  SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::bigint[], $5::uuid[], $6::text[])`;

/**
 * Rows per second that one connection inserts and commits in statements of 64 rows by `unnest`, one after the other,
 * into a table with the columns and the three indexes of messages. What any message store on this database stays
 * below with batches of that size. The table is dropped afterwards.
 */
export async function measureUnnestInserts(databaseUrl: string, seconds: number): Promise<number> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('DROP TABLE IF EXISTS bench_floor');
    await client.query(CREATE);
    const conversations = Array.from({ length: ROWS }, () => randomUUID());
    let seq = 0;
    const insertFor = async (milliseconds: number) => {
      const begin = performance.now();
      const first = seq;
      while (performance.now() - begin < milliseconds) await insert(client, conversations, ++seq);
      return ((seq - first) * ROWS * 1000) / (performance.now() - begin);
    };
    await insertFor(WARM_UP_MS);
    const rowsPerSecond = await insertFor(seconds * 1000);
    await client.query('DROP TABLE bench_floor');
    return rowsPerSecond;
  } finally {
    await client.end();
  }
}

async function insert(client: Client, conversations: string[], seq: number): Promise<void> {
  const seqs = conversations.map(() => seq);
  const ids = conversations.map(() => randomUUID());
  const texts = conversations.map(() => TEXT);
  const values = [conversations, seqs, ids, seqs, conversations, texts];
  await client.query({ name: 'bench-floor-insert', text: INSERT, values });
}
