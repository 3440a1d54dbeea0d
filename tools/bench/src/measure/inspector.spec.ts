import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { findFreePort } from '@parley/database/embedded';
import { Inspector } from './inspector.js';

/** Keeps 64 MiB when told to, and makes garbage all the time. */
const program = `
  const kept = [];
  process.stdin.on('data', () => { kept.push(Buffer.alloc(64 << 20, 1)); process.stdout.write('kept'); });
  setInterval(() => Array.from({length: 20000}, () => ({})), 10);
  process.stdout.write('ready');`;

test('tells the growth of a process without its garbage', async () => {
  const port = await findFreePort();
  const child = spawn(process.execPath, [`--inspect-port=${port}`, '-e', program], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  try {
    await once(child.stdout, 'data');
    const inspector = await Inspector.open(child.pid as number, port);
    const before = await inspector.memory();
    child.stdin.write('more');
    await once(child.stdout, 'data');
    const after = await inspector.memory();
    inspector.close();
    const mebibytes = (bytes: number) => bytes / 2 ** 20;
    expect(Math.abs(mebibytes(after.heapBytes - before.heapBytes) - 64)).toBeLessThan(4);
    expect(Math.abs(mebibytes(after.residentBytes - before.residentBytes) - 64)).toBeLessThan(16);
  } finally {
    child.kill('SIGKILL');
  }
});
