import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { asyncApiDocument } from './asyncapi/document.js';
import { limitsAndErrorsPage } from './limits-and-errors.js';
import { openApiDocument } from './openapi.js';
import type { JsonObject } from './schema-collector.js';

export const repository = resolve(import.meta.dirname, '../../..');

/** Path in the repository to text, of each document that is made from contracts. */
export async function documents(): Promise<Map<string, string>> {
  const read = (path: string) => readFile(join(repository, path), 'utf8');
  const { version } = JSON.parse(await read('package.json')) as { version: string };
  return new Map([
    ['docs/api/openapi.json', asText(openApiDocument(version))],
    ['docs/api/asyncapi.json', asText(asyncApiDocument(version))],
    ['docs/api/limits-and-errors.md', limitsAndErrorsPage(await read('libs/contracts/src/limits.ts'))],
  ]);
}

const asText = (document: JsonObject): string => `${JSON.stringify(document, null, 2)}\n`;
