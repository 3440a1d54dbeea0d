import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';

/** Runs a script against the built library as a process of its own. */
function run(script: string) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: import.meta.dirname });
  const output = { text: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.text += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.text += chunk.toString()));
  const printed = async (text: string): Promise<void> => {
    const ended = exited.then((code) => {
      throw new Error(`it ended with ${code}: ${output.text}`);
    });
    while (!output.text.includes(text)) await Promise.race([ended, once(child.stdout, 'data')]);
  };
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  return { child, output, printed, exited };
}

const service = (hook: string, { body = '', shutdownTimeoutMs = 60_000 } = {}) => `
  import { runService, runMain } from '@parley/service';
  class Work { async onApplicationShutdown() { ${hook} } }
  class AppModule {}
  await runMain(() => runService({
    name: 'work',
    config: { port: 0, logLevel: 'info', allowedOrigins: [], shutdownTimeoutMs: ${shutdownTimeoutMs} },
    module: { module: AppModule, providers: [{ provide: Work, useFactory: () => new Work() }] },
  }));
  ${body}`;

test('a service ends gracefully on the first signal and is not disturbed by the second', async () => {
  const { child, output, printed, exited } = run(
    service(`await new Promise((r) => setTimeout(r, 50)); console.log('work finished');`),
  );
  await printed('work listens');
  child.kill('SIGTERM');
  child.kill('SIGINT');
  expect(await exited).toBe(0);
  expect(output.text).toContain('work finished');
});

test('a shutdown that hangs is cut off', async () => {
  const { child, output, printed, exited } = run(
    service(`await new Promise(() => setInterval(() => {}, 1000));`, { shutdownTimeoutMs: 300 }),
  );
  await printed('work listens');
  child.kill('SIGTERM');
  expect(await exited).toBe(1);
  expect(output.text).toContain('takes too long');
});

test('an unhandled rejection is logged and ends the process', async () => {
  const { output, exited } = run(service('', { body: `void Promise.reject(new Error('forgotten'));` }));
  expect(await exited).toBe(1);
  expect(output.text).toContain('forgotten');
});

test('a wrong configuration ends with code 78 and a line per problem', async () => {
  const { output, exited } = run(`
    import { httpEnvironment, loadConfig, runMain } from '@parley/service';
    import { z } from 'zod';
    await runMain(async () => loadConfig(z.object({ ...httpEnvironment, DATABASE_URL: z.string() }), { PORT: 'x' }));
  `);
  expect(await exited).toBe(78);
  expect(output.text.trim().split('\n')).toHaveLength(2);
  expect(output.text).toContain('DATABASE_URL: is missing');
});
