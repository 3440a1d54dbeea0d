import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';

const root = resolve(import.meta.dirname, '../../..');

test('the README shows the lines that the test of standalone runs', async () => {
  const [readme, example] = await Promise.all(
    ['README.md', 'examples/sdk-ten-lines.ts'].map((file) => readFile(resolve(root, file), 'utf8')),
  );
  expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
});
