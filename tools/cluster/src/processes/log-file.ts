import { open, rename, stat, type FileHandle } from 'node:fs/promises';

const LIMIT_BYTES = 10 * 1024 * 1024;
const TAIL_BYTES = 64 * 1024;

/** Opens the log of a child to append to; one that grew large is set aside first, in place of the last such. */
export async function openLog(file: string): Promise<FileHandle> {
  if ((await sizeOf(file)) > LIMIT_BYTES) await rename(file, `${file}.1`);
  return open(file, 'a');
}

/** The last lines of a log; of at most 64 KB. */
export async function tailOf(file: string, lines: number): Promise<string> {
  const size = await sizeOf(file);
  if (size === 0) return '';
  const log = await open(file, 'r');
  try {
    const length = Math.min(size, TAIL_BYTES);
    const { buffer } = await log.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString().trimEnd().split('\n').slice(-lines).join('\n');
  } finally {
    await log.close();
  }
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
