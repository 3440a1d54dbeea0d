import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded/index.js';
import { ensureDatabase, migrate } from './index.js';

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

const defaults: Record<string, string> = { 'now()': 'CURRENT_TIMESTAMP', 'autoincrement()': 'nextval' };

let folder: string;
let server: EmbeddedPostgres;
let client: pg.Client;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-schema-'));
  server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
  const adminUrl = await ensureDatabase(server.url, 'described');
  await migrate({ adminUrl, roles: {} });
  client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
});

afterAll(async () => {
  await client?.end();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Field {
  readonly name: string;
  readonly column: string;
  /** As the database names it, with `?` where it may be null. */
  readonly type: string;
  readonly attributes: string;
}

interface Model {
  /** With its schema. */
  readonly table: string;
  readonly fields: readonly Field[];
  readonly body: string;
}

async function schemaBlocks(): Promise<{ kind: string; name: string; body: string }[]> {
  const files = (await readdir(schemaFolder)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(schemaFolder, file), 'utf8')));
  const text = texts.join('\n').replace(/^\s*\/\/.*$/gm, '');
  const blocks = text.matchAll(/^(model|enum) (\w+) \{\n([\s\S]*?)^\}/gm);
  return [...blocks].map(([, kind = '', name = '', body = '']) => ({ kind, name, body }));
}

/** The models of the Prisma schema with their columns; relations are none. */
async function describedModels(): Promise<Model[]> {
  const blocks = await schemaBlocks();
  const named = ({ name, body }: { name: string; body: string }) =>
    /@@map\("(\w+)"\)/.exec(body)?.[1] ?? name;
  const enums = new Map(
    blocks.filter(({ kind }) => kind === 'enum').map((block) => [block.name, named(block)]),
  );
  const models = blocks.filter(({ kind }) => kind === 'model');
  const relations = new Set(models.map(({ name }) => name));
  return models.map((model) => {
    const fields = [...model.body.matchAll(/^\s+(\w+)\s+(\w+)(\?|\[\])?(.*)$/gm)];
    return {
      table: `${/@@schema\("(\w+)"\)/.exec(model.body)?.[1]}.${named(model)}`,
      body: model.body,
      fields: fields.flatMap(([, name = '', type = '', mark = '', attributes = '']) => {
        if (relations.has(type)) return [];
        const native = /@db\.\S+/.exec(attributes)?.[0];
        const column = /@map\("(\w+)"\)/.exec(attributes)?.[1] ?? name;
        const stored = enums.get(type) ?? types[native ? `${type} ${native}` : type] ?? 'unknown';
        // Prisma has lists that are empty, and none that are null; in the database they may be, which costs no space.
        const nullable = mark === '[]' ? `_${stored}?` : `${stored}${mark}`;
        return [{ name, column, type: nullable, attributes }];
      }),
    };
  });
}

function defaultOf({ attributes }: Field): string {
  const value = /@default\((\w+(?:\(\))?)\)/.exec(attributes)?.[1];
  return value === undefined ? '' : ` = ${defaults[value] ?? value}`;
}

/** `kind schema.table (columns) name`, named as Prisma would unless `map` says otherwise. */
function indexesOf({ table, fields, body }: Model): string[] {
  const relation = table.split('.')[1];
  const columnOf = (field: string) => fields.find(({ name }) => name === field)?.column ?? field;
  const index = (kind: string, columns: readonly string[], suffix: string, map?: string) => {
    const bare = columns.map((column) => column.split(' ')[0]).join('_');
    const name = map ?? (kind === 'id' ? `${relation}_pkey` : `${relation}_${bare}_${suffix}`);
    return `${kind} ${table} (${columns.join(', ')}) ${name}`;
  };
  const suffixes: Record<string, string> = { unique: 'key', index: 'idx' };
  const ofFields = fields.flatMap(({ column, attributes }) => {
    const kind = /@(id|unique)\b/.exec(attributes)?.[1];
    return kind === undefined ? [] : [index(kind, [column], suffixes[kind] ?? '')];
  });
  const ofModel = [...body.matchAll(/^\s+@@(id|unique|index)\(\[(.*?)\](?:, map: "(\w+)")?\)$/gm)];
  return [
    ...ofFields,
    ...ofModel.map(([, kind = '', list = '', map]) => {
      const columns = list.split(', ').map((part) => {
        const [, field = '', ops] = /^(\w+)(?:\(ops: raw\("(\w+)"\)\))?$/.exec(part) ?? [];
        return ops === undefined ? columnOf(field) : `${columnOf(field)} ${ops}`;
      });
      return index(kind, columns, suffixes[kind] ?? '', map);
    }),
  ];
}

test('the migrations make just the columns that the Prisma schema describes, with its types and defaults', async () => {
  const { rows } = await client.query<{ column: string }>(
    `SELECT table_schema || '.' || table_name || '.' || column_name || ' ' || udt_name
       || CASE WHEN udt_name = 'timestamptz' THEN '(' || datetime_precision || ')' ELSE '' END
       || CASE WHEN is_nullable = 'YES' THEN '?' ELSE '' END
       -- 'all'::type is all, nextval('sequence'::regclass) is nextval
       || COALESCE(' = ' || substring(column_default FROM '^''?(\\w+)'), '') AS column
     FROM information_schema.columns
     WHERE table_schema NOT IN ('pg_catalog', 'information_schema', 'public')`,
  );
  const described = (await describedModels()).flatMap(({ table, fields }) =>
    fields.map((field) => `${table}.${field.column} ${field.type}${defaultOf(field)}`),
  );
  expect(described.length).toBeGreaterThan(40);
  expect(rows.map(({ column }) => column).sort()).toEqual(described.sort());
});

test('the migrations make just the keys and indexes that the Prisma schema describes', async () => {
  const { rows } = await client.query<{ index: string }>(
    `SELECT CASE WHEN indisprimary THEN 'id' WHEN indisunique THEN 'unique' ELSE 'index' END || ' '
       || schemaname || '.' || tablename || ' ' || substring(indexdef FROM ' USING btree (.*)$') || ' '
       || indexname AS index
     FROM pg_indexes JOIN pg_index ON indexrelid = format('%I.%I', schemaname, indexname)::regclass
     WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'public')`,
  );
  const described = (await describedModels()).flatMap(indexesOf);
  expect(described.length).toBeGreaterThan(15);
  expect(rows.map(({ index }) => index).sort()).toEqual(described.sort());
});
