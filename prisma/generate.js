// Generates the Prisma client. Generating needs no schema engine, yet the command line insists on one and downloads it
// where it finds none: any existing file at this path keeps it from doing so. Never run `prisma migrate` this way, it
// would report success having done nothing; migrations are applied by `npm run migrate`.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const cli = createRequire(import.meta.url).resolve('prisma/build/index.js');
const { status, stdout, stderr, error } = spawnSync(process.execPath, [cli, 'generate', '--no-hints'], {
  cwd: dirname(dirname(fileURLToPath(import.meta.url))),
  env: {
    ...process.env,
    PRISMA_SCHEMA_ENGINE_BINARY: fileURLToPath(import.meta.url),
    CHECKPOINT_DISABLE: '1',
  },
  encoding: 'utf8',
});
if (status !== 0) {
  console.error(error ?? `${stdout}\n${stderr}`);
  process.exit(1);
}
