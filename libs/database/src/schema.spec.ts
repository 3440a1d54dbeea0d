import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded/index.js';
import { ensureDatabase, migrate } from './index.js';

jest.setTimeout(60_000);

const schemaFolder = fileURLToPath(new URL('../../../prisma/schema', import.meta.url));
const types: Record<string, string> = {
  String: 'text',
  'String @db.Uuid': 'uuid',
  'DateTime @db.Timestamptz(3)': 'timestamptz(3)',
  BigInt: 'int8',
  Boolean: 'bool',
  Int: 'int4',
  Bytes: 'bytea',
  'Json @db.Json': 'json',
};

let folder: string;
let server: EmbeddedPostgres;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-schema-'));
  server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
});

afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** `schema.table.column type` of every column that the Prisma schema describes, with `?` where it may be null. */
async function describedColumns(): Promise<string[]> {
  const files = (await readdir(schemaFolder)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(schemaFolder, file), 'utf8')));
  const text = texts.join('\n').replace(/^\s*\/\/.*$/gm, '');
  const blocks = [...text.matchAll(/^(model|enum) (\w+) \{\n([\s\S]*?)^\}/gm)];
  const named = (body: string, name: string) => /@@map\("(\w+)"\)/.exec(body)?.[1] ?? name;
  const enums = new Map<string, string>();
  for (const [, kind, name = '', body = ''] of blocks)
    if (kind === 'enum') enums.set(name, named(body, name));
  const models = blocks.filter(([, kind]) => kind === 'model');
  const relations = new Set(models.map(([, , name]) => name));
  return models.flatMap(([, , name = '', body = '']) => {
    const table = `${/@@schema\("(\w+)"\)/.exec(body)?.[1]}.${named(body, name)}`;
    const fields = [...body.matchAll(/^\s+(\w+)\s+(\w+)(\?|\[\])?(.*)$/gm)];
    return fields.flatMap(([, field = '', type = '', mark, attributes = '']) => {
      if (relations.has(type)) return [];
      const native = /@db\.\S+/.exec(attributes)?.[0];
      const column = /@map\("(\w+)"\)/.exec(attributes)?.[1] ?? field;
      const stored = enums.get(type) ?? types[native ? `${type} ${native}` : type];
      // Prisma has lists that are empty, and none that are null; in the database they may be, which costs no space.
      return [`${table}.${column} ${mark === '[]' ? `_${stored}?` : `${stored}${mark ?? ''}`}`];
    });
  });
}

test('the migrations make just the columns that the Prisma schema describes', async () => {
  const adminUrl = await ensureDatabase(server.url, 'described');
  await migrate({ adminUrl, roles: {} });
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  const { rows } = await client.query<{ column: string }>(
    `SELECT table_schema || '.' || table_name || '.' || column_name || ' ' || udt_name
       || CASE WHEN udt_name = 'timestamptz' THEN '(' || datetime_precision || ')' ELSE '' END
       || CASE WHEN is_nullable = 'YES' THEN '?' ELSE '' END AS column
     FROM information_schema.columns
     WHERE table_schema NOT IN ('pg_catalog', 'information_schema', 'public')`,
  );
  await client.end();
  const described = await describedColumns();
  expect(described.length).toBeGreaterThan(40);
  expect(rows.map(({ column }) => column).sort()).toEqual(described.sort());
});
