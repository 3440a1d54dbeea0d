import { readAllProcesses, TICKS_PER_SECOND, type ProcessStat } from './proc-stat.js';

/** A server process; all processes below it count as its own, unless they are named themselves. */
export interface NamedProcess {
  name: string;
  pid: number;
}

/** CPU-seconds by name. */
export type CpuSeconds = Record<string, number>;

/**
 * CPU time of each named process with all its descendants since they were started, the ended ones among them. The
 * difference of two samples is what an interval cost. A process that is killed in between is missing from the second.
 */
export function sampleCpu(processes: readonly NamedProcess[], all = readAllProcesses()): CpuSeconds {
  const byPid = new Map(all.map((stat) => [stat.pid, stat]));
  const names = new Map(processes.map(({ name, pid }) => [pid, name]));
  const seconds: CpuSeconds = {};
  for (const { name } of processes) seconds[name] = 0;
  for (const stat of all) {
    const owner = nameOf(stat, names, byPid);
    if (owner === undefined) continue;
    seconds[owner] = (seconds[owner] ?? 0) + (stat.ownTicks + stat.endedChildrenTicks) / TICKS_PER_SECOND;
  }
  return seconds;
}

export function cpuBetween(before: CpuSeconds, after: CpuSeconds): CpuSeconds {
  return Object.fromEntries(
    Object.entries(after).map(([name, seconds]) => [name, Math.max(0, seconds - (before[name] ?? 0))]),
  );
}

export function totalCpu(seconds: CpuSeconds): number {
  return Object.values(seconds).reduce((sum, value) => sum + value, 0);
}

/** The nearest named ancestor, itself included. */
function nameOf(
  stat: ProcessStat,
  names: ReadonlyMap<number, string>,
  byPid: ReadonlyMap<number, ProcessStat>,
): string | undefined {
  let current: ProcessStat | undefined = stat;
  while (current !== undefined) {
    const name = names.get(current.pid);
    if (name !== undefined) return name;
    current = byPid.get(current.parent);
  }
  return undefined;
}
