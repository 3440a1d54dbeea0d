import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Something that differs between two lives of one process id: pids are used again, start times are not.
 * Undefined when no such process runs.
 */
export async function processStart(pid: number): Promise<string | undefined> {
  if (!isAlive(pid)) return undefined;
  if (process.platform === 'linux') return linuxStart(pid);
  if (process.platform === 'win32') return 'alive';
  return psColumn(pid, 'lstart');
}

/** The command line or executable by which a process can be told from a stranger with the same pid. */
export async function processDescription(
  pid: number,
): Promise<{ executable: string; folder: string | undefined; arguments: string } | undefined> {
  if (!isAlive(pid)) return undefined;
  if (process.platform === 'linux') {
    try {
      const [executable, folder, commandLine] = await Promise.all([
        readlink(`/proc/${pid}/exe`),
        readlink(`/proc/${pid}/cwd`),
        readFile(`/proc/${pid}/cmdline`, 'utf8'),
      ]);
      return { executable, folder, arguments: commandLine.replaceAll('\0', ' ') };
    } catch (error) {
      // ENOENT, ESRCH: it ended meanwhile. EACCES: another user's process, so none of ours.
      if (isGone(error)) return undefined;
      throw error;
    }
  }
  const commandLine = await psColumn(pid, 'args');
  if (commandLine === undefined) return undefined;
  return { executable: commandLine.split(' ')[0] ?? '', folder: undefined, arguments: commandLine };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function linuxStart(pid: number): Promise<string | undefined> {
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ]);
    // The command's name, in parentheses, may hold spaces: the numbered fields begin behind the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z') return undefined; // ended, only not yet collected by its parent
    return `${boot.trim()}:${fields[19]}`;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

async function psColumn(pid: number, column: string): Promise<string | undefined> {
  try {
    const { stdout } = await run('ps', ['-ww', '-o', `${column}=`, '-p', String(pid)]);
    return stdout.trim() || undefined;
  } catch (error) {
    if (typeof (error as { code?: unknown }).code === 'number') return undefined; // ps found no such process
    throw error;
  }
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES';
}
