import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const root = resolve(import.meta.dirname, '../../..');

/** Lints `code` as if it stood in `file`, an existing source file, and returns the ids of the rules it breaks. */
function brokenRules(file: string, code: string): Promise<string[]> {
  return new Promise((done, fail) => {
    const eslint = execFile(
      process.execPath,
      ['node_modules/eslint/bin/eslint.js', '--stdin', '--stdin-filename', file, '--format', 'json'],
      { cwd: root, env: { ...process.env, NODE_OPTIONS: '' } },
      (_error, stdout, stderr) => {
        if (stdout === '') return fail(new Error(stderr));
        const [result] = JSON.parse(stdout) as { messages: { ruleId: string | null; message: string }[] }[];
        done(result!.messages.map(({ ruleId, message }) => ruleId ?? message));
      },
    );
    eslint.stdin!.end(code);
  });
}

// The rules of the house are only as good as the linter that really runs: each is broken once on purpose.
describe('the linter refuses', () => {
  test('a service that imports another, a foreign library, the environment outside config.ts', async () => {
    const rules = await brokenRules(
      'apps/gateway/src/app.module.ts',
      `import '@parley/message';\nimport 'kafkajs';\nexport const port = process.env['PORT'];\n`,
    );
    expect(rules).toEqual(
      expect.arrayContaining([
        '@nx/enforce-module-boundaries',
        'no-restricted-imports',
        'no-restricted-syntax',
      ]),
    );
  }, 60_000);

  test('contracts that import anything of ours', async () => {
    const rules = await brokenRules('libs/contracts/src/index.ts', `import '@parley/event-bus';\n`);
    expect(rules).toContain('@nx/enforce-module-boundaries');
  }, 60_000);

  test('any, floating promises, forgotten cases, long files and functions', async () => {
    const rules = await brokenRules(
      'libs/contracts/src/index.ts',
      [
        `export const anything: any = 1;`,
        `async function work(): Promise<void> {}`,
        `export function start(kind: 'a' | 'b'): void { work(); switch (kind) { case 'a': break; } }`,
        `export function long(): number {`,
        ...Array.from({ length: 410 }, (_, line) => `  void ${line};`),
        `  return 1;\n}`,
      ].join('\n'),
    );
    expect(rules).toEqual(
      expect.arrayContaining([
        '@typescript-eslint/no-explicit-any',
        '@typescript-eslint/no-floating-promises',
        '@typescript-eslint/switch-exhaustiveness-check',
        'max-lines',
        'max-lines-per-function',
      ]),
    );
  }, 60_000);
});
