import { describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpuBetween, sampleCpu, totalCpu } from './cpu-sampler.js';
import { parseProcessStat, residentBytes, type ProcessStat } from './proc-stat.js';

const stat = (pid: number, parent: number, ownTicks: number, endedChildrenTicks = 0): ProcessStat => ({
  pid,
  parent,
  ownTicks,
  endedChildrenTicks,
});

describe('parseProcessStat', () => {
  test('reads past a name with spaces and parentheses', () => {
    const line =
      '4242 (postgres: (a) b) S 17 4242 4242 0 -1 4194560 100 200 0 0 150 50 30 20 20 0 1 0 12345 1000 200';
    expect(parseProcessStat(line)).toEqual({ pid: 4242, parent: 17, ownTicks: 200, endedChildrenTicks: 50 });
  });
});

describe('sampleCpu', () => {
  const named = [
    { name: 'standalone', pid: 10 },
    { name: 'postgres', pid: 20 },
  ];

  test('gives descendants to their nearest named ancestor and leaves strangers out', () => {
    const all = [stat(1, 0, 999), stat(10, 1, 100), stat(20, 10, 10), stat(21, 20, 30), stat(22, 21, 5)];
    expect(sampleCpu(named, all)).toEqual({ standalone: 1, postgres: 0.45 });
  });

  test('counts a child once, whether it still lives or has ended', () => {
    const before = sampleCpu(named, [stat(10, 1, 0), stat(20, 10, 10), stat(21, 20, 30)]);
    const after = sampleCpu(named, [stat(10, 1, 0), stat(20, 10, 12, 50)]);
    expect(cpuBetween(before, after)['postgres']).toBeCloseTo(0.22);
  });

  test('sees the work of a real process and of its child', async () => {
    const burn = 'while (process.cpuUsage().user < 400_000);';
    const child = spawn(
      process.execPath,
      [
        '-e',
        `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(burn)}], {stdio: 'inherit'})
           .on('exit', () => process.stdout.write('done'));
         setInterval(() => {}, 1000);`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    try {
      const pid = child.pid as number;
      const before = sampleCpu([{ name: 'burner', pid }]);
      await once(child.stdout, 'data');
      const spent = cpuBetween(before, sampleCpu([{ name: 'burner', pid }]));
      expect(totalCpu(spent)).toBeGreaterThan(0.2);
      expect(residentBytes(pid)).toBeGreaterThan(10_000_000);
    } finally {
      child.kill('SIGKILL');
    }
  });
});
