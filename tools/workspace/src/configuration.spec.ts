import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const read = (path: string) => readFile(repository + path, 'utf8');

/** Keys of environment schemas: nothing else in these files is written in capitals before a colon. */
const variablesIn = (source: string) =>
  [...source.matchAll(/^ +([A-Z][A-Z0-9_]+):/gm)].map(([, name]) => name);

test('every variable that an app reads stands in docs/configuration.md', async () => {
  const apps = await readdir(`${repository}apps`);
  const sources = await Promise.all([
    ...apps.map((app) => read(`apps/${app}/src/config.ts`)),
    read('libs/service/src/config/settings.ts'),
    read('libs/service/src/tokens/trusted-issuer.ts'),
    read('apps/message/src/accounts/account-settings.ts'),
    read('tools/cluster/src/config.ts'),
  ]);
  const variables = new Set(sources.flatMap(variablesIn));
  expect(variables.size).toBeGreaterThan(15);
  const page = await read('docs/configuration.md');
  expect([...variables].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

test('a script that runs a server replaces its shell, which would not pass signals on', async () => {
  const { scripts } = JSON.parse(await read('package.json')) as { scripts: Record<string, string> };
  for (const name of ['start', 'dev:cluster']) expect(scripts[name]).toMatch(/&& exec node \S+$/);
});
