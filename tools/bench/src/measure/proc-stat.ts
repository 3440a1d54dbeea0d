import { readdirSync, readFileSync } from 'node:fs';

/** What `/proc/<pid>/stat` says of one process. Times in clock ticks. */
export interface ProcessStat {
  pid: number;
  parent: number;
  /** User and system time of all its threads. */
  ownTicks: number;
  /** The same of its children that have ended and were waited for, and of theirs. */
  endedChildrenTicks: number;
}

/** Linux reports process times in hundredths of a second, whatever the kernel's own tick. */
export const TICKS_PER_SECOND = 100;

/** The name stands in parentheses and may itself contain parentheses and spaces, so fields count from the last ")". */
export function parseProcessStat(line: string): ProcessStat {
  const pid = Number.parseInt(line, 10);
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  // Numbered from 0 at the state, which proc(5) calls field 3.
  const field = (number: number) => Number(fields[number - 3]);
  return {
    pid,
    parent: field(4),
    ownTicks: field(14) + field(15),
    endedChildrenTicks: field(16) + field(17),
  };
}

/** Every process of the machine; those that end meanwhile are left out. */
export function readAllProcesses(): ProcessStat[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const line = readIfPresent(`/proc/${name}/stat`);
      return line === undefined ? [] : [parseProcessStat(line)];
    });
}

/** Resident memory of a process in bytes. */
export function residentBytes(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  if (!match) throw new Error(`process ${pid} has no resident memory: it has ended`);
  return Number(match[1]) * 1024;
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}
