import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { documents, repository } from './documents.js';

for (const [path, text] of await documents()) {
  await mkdir(dirname(join(repository, path)), { recursive: true });
  await writeFile(join(repository, path), text);
  console.log(path);
}
