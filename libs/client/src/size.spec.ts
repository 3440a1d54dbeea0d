import { expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

/** What an application's bundler makes of these lines for a browser. */
const bundle = async (code: string) => {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: fileURLToPath(new URL('..', import.meta.url)) },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    metafile: true,
  });
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const used = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([file]) => file);
  return { bytes: outputFiles[0]?.contents.byteLength ?? 0, inputs: used.join('\n') };
};

test('everything, with its part of socket.io, is less than 60 KB minified', async () => {
  const { bytes, inputs } = await bundle(`export * from '@parley/client';`);
  expect(bytes).toBeLessThan(60_000);
  expect(bytes).toBeGreaterThan(20_000);
  expect(inputs).not.toMatch(/zod|nestjs|node:/);
});

test('what an application does not use is not in its bundle', async () => {
  const { inputs, bytes } = await bundle(`export { mintId, RequestFailed } from '@parley/client';`);
  expect(bytes).toBeLessThan(1_500);
  expect(inputs).not.toContain('indexed-db-store');
});
