import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** This package's folder: the files lie as deep in `dist` as in `src`. */
export const packageFolder = dirname(dirname(fileURLToPath(import.meta.url)));

/** The checkout's root. */
export const checkout = join(packageFolder, '..', '..');

/** Downloads of the checkout, kept between runs and never committed. */
export const cacheFolder = join(checkout, '.cache');

export function ensureFolder(path: string): string {
  mkdirSync(path, { recursive: true });
  return path;
}
