import { setTimeout as pause } from 'node:timers/promises';
import { type MeasuredSystem } from '../system/system.js';
import { cpuBetween, type CpuSeconds, sampleCpu } from './cpu-sampler.js';

/** What the servers take from now on for that long; by process. */
export async function serverCpuDuring(system: MeasuredSystem, seconds: number): Promise<CpuSeconds> {
  const end = startServerCpu(system);
  await pause(seconds * 1000);
  return end();
}

/** Returns what tells how much CPU time the servers have taken since; by process. */
export function startServerCpu(system: MeasuredSystem): () => CpuSeconds {
  const before = sampleCpu(system.serverProcesses());
  return () => cpuBetween(before, sampleCpu(system.serverProcesses()));
}
