import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Store } from '../stores/store.js';

const ENDING = '.json';
/** A value that is being written, beside the file whose place it takes. */
const unfinished = /\.json\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Writing takes milliseconds: what is older, a crash left behind. A process id would not tell, for example in containers. */
const LEFT_BEHIND_AFTER_MS = 3_600_000;

const isMissing = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';

/** Keys are file names: letters that a file system may not take, or take for others, are written as their codes. */
const fileOf = (key: string): string =>
  key.replace(/[^a-z0-9-]/g, (letter) => `_${letter.charCodeAt(0).toString(16).padStart(4, '0')}`) + ENDING;
const keyOf = (file: string): string =>
  file
    .slice(0, -ENDING.length)
    .replace(/_([0-9a-f]{4})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));

/**
 * A folder with one file per value. A value is written beside the former one, flushed to the disk, and then takes its
 * place: a crash or a full disk in the middle leaves the former one. One process at a time.
 */
export class FileStore implements Store {
  private made: Promise<unknown> | null = null;

  /** @param folder made where it does not exist; readable by its owner only, since it holds what people write */
  constructor(private readonly folder: string) {}

  async put(key: string, value: unknown): Promise<void> {
    await this.folderMade();
    const path = join(this.folder, fileOf(key));
    const beside = `${path}.${randomUUID()}`;
    try {
      const file = await open(beside, 'wx', 0o600);
      try {
        await file.writeFile(JSON.stringify(value));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(beside, path);
    } catch (error) {
      await rm(beside, { force: true });
      throw error;
    }
    await this.flushFolder();
  }

  /** A file that something else damaged is put aside for people to look at, so that it does not stop the others. */
  async get(key: string): Promise<unknown> {
    const path = join(this.folder, fileOf(key));
    try {
      return JSON.parse(await readFile(path, 'utf8')) as unknown;
    } catch (error) {
      if (isMissing(error)) return undefined;
      if (!(error instanceof SyntaxError)) throw error;
      await rename(path, `${path}.unreadable`);
      return undefined;
    }
  }

  async list(prefix: string): Promise<unknown[]> {
    await this.folderMade();
    const files = (await readdir(this.folder)).filter((file) => file.endsWith(ENDING));
    const keys = files.map(keyOf).filter((key) => key.startsWith(prefix));
    const values = await Promise.all(keys.sort().map((key) => this.get(key)));
    return values.filter((value) => value !== undefined);
  }

  async delete(key: string): Promise<void> {
    await rm(join(this.folder, fileOf(key)), { force: true });
  }

  private folderMade(): Promise<unknown> {
    this.made ??= this.opened().catch((error: unknown) => {
      this.made = null;
      throw error;
    });
    return this.made;
  }

  private async opened(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const files = (await readdir(this.folder)).filter((file) => unfinished.test(file));
    // Only tidying up: nothing that is kept depends on it.
    await Promise.allSettled(files.map((file) => this.sweep(join(this.folder, file))));
  }

  /** A writer that slept through it, as with its machine, gets an error, and its caller hears so. */
  private async sweep(path: string): Promise<void> {
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > LEFT_BEHIND_AFTER_MS) await rm(path);
  }

  /** The new name is in the folder, which is a file of its own to flush; some systems cannot. */
  private async flushFolder(): Promise<void> {
    if (process.platform === 'win32') return;
    const folder = await open(this.folder, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}
