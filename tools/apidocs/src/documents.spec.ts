import { beforeAll, describe, expect, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv, type AnySchemaObject } from 'ajv';
import addFormats from 'ajv-formats';
import {
  refusalsOf,
  refusalsOfEveryCommand,
  type Route,
  routes,
  type SocketCommandName,
  socketCommands,
} from '@parley/contracts';
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { documents, repository } from './documents.js';

const asyncApiSchema = createRequire(import.meta.url)(
  '@asyncapi/specs/schemas/3.0.0-without-$id.json',
) as AnySchemaObject;

let made: Map<string, string>;
beforeAll(async () => {
  made = await documents();
});
const json = (path: string) => JSON.parse(made.get(path) ?? '') as Record<string, unknown>;

test.each(['docs/api/openapi.json', 'docs/api/asyncapi.json', 'docs/api/limits-and-errors.md'])(
  '%s is what contracts say',
  async (path) => {
    const committed = await readFile(join(repository, path), 'utf8').catch(() => '');
    if (committed !== made.get(path)) {
      throw new Error(`${path} differs from libs/contracts: run "npm run apidocs" and commit what it writes`);
    }
  },
);

test('openapi.json is valid OpenAPI 3.1', async () => {
  const result = await new Validator().validate(json('docs/api/openapi.json'));
  expect(result).toMatchObject({ valid: true });
});

test('asyncapi.json is valid AsyncAPI 3.0', () => {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  expect([ajv.validate(asyncApiSchema, json('docs/api/asyncapi.json')), ajv.errors]).toEqual([true, null]);
});

describe.each(['docs/api/openapi.json', 'docs/api/asyncapi.json'])('%s', (path) => {
  test('refers to nothing that it does not hold', () => {
    const document = json(path);
    const references = [...(made.get(path) ?? '').matchAll(/"\$ref": "#\/([^"]+)"/g)].map(
      ([, pointer]) => pointer ?? '',
    );
    expect(references.length).toBeGreaterThan(100);
    expect(references.filter((pointer) => at(document, pointer.split('/')) === undefined)).toEqual([]);
  });
});

/** What specs of REST compare each answer with holds for the same commands over sockets. */
test.each<[SocketCommandName, readonly string[]]>([
  ['message.send', ['sendMessage']],
  ['message.edit', ['editMessage']],
  ['message.delete', ['deleteMessage']],
  ['reaction.set', ['addReaction', 'removeReaction']],
])('%s is refused with the same codes as its routes', (command, names) => {
  const ofRoutes = names.flatMap((name) => refusalsOf(routes.find((route) => route.name === name) as Route));
  const known = [...refusalsOfEveryCommand, ...socketCommands[command].refusals];
  expect(new Set([...refusalsOfEveryCommand, ...ofRoutes])).toEqual(new Set(known));
});

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);
}
