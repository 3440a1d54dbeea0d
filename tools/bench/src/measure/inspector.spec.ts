import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Readable } from 'node:stream';
import { Inspector, inspectorArguments } from './inspector.js';

/** Keeps 64 MiB when told to, and makes garbage all the time. */
const program = `
  const kept = [];
  process.stdin.on('data', () => { kept.push(Buffer.alloc(64 << 20, 1)); process.stdout.write('kept'); });
  setInterval(() => Array.from({length: 20000}, () => ({})), 10);
  process.stdout.write('ready');`;

let folder: string;
let child: ChildProcess;
let inspector: Inspector;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inspector-spec-'));
  const logFile = join(folder, 'log');
  const log = await open(logFile, 'a');
  child = spawn(process.execPath, [...inspectorArguments, '-e', program], {
    stdio: ['pipe', 'pipe', log.fd],
  });
  await log.close();
  await once(child.stdout as Readable, 'data');
  inspector = await Inspector.open({ pid: child.pid as number, logFile });
});

afterEach(async () => {
  inspector.close();
  child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

test('tells the growth of a process without its garbage', async () => {
  const before = await inspector.memory();
  child.stdin?.write('more');
  await once(child.stdout as Readable, 'data');
  const after = await inspector.memory();
  const mebibytes = (bytes: number) => bytes / 2 ** 20;
  expect(Math.abs(mebibytes(after.heapBytes - before.heapBytes) - 64)).toBeLessThan(4);
  expect(Math.abs(mebibytes(after.residentBytes - before.residentBytes) - 64)).toBeLessThan(16);
});

test('profiles a part of the life of a process', async () => {
  await inspector.startProfile();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const profile = JSON.parse(await inspector.stopProfile()) as {
    samples: number[];
    startTime: number;
    endTime: number;
  };
  expect(profile.samples.length).toBeGreaterThan(10);
  expect(profile.endTime - profile.startTime).toBeGreaterThan(250_000);
});
