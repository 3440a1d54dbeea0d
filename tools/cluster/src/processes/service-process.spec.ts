import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findFreePort, processStart } from '@parley/database/embedded';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endOrphan } from './pid-file.js';
import { ServiceProcess } from './service-process.js';

const PROGRAM = `
  import { createServer } from 'node:http';
  console.log('life of ' + process.env.WHO + ', ' + process.argv0 + ' with ' + process.execArgv.at(-1));
  if (process.env.BROKEN) { console.error('BROKEN: is set'); process.exit(78); }
  let asked = 0;
  createServer((request, response) => {
    response.writeHead(request.url === '/health/ready' && ++asked > 2 ? 200 : 503).end();
  }).listen(Number(process.env.PORT), '127.0.0.1');
  process.on('SIGTERM', () => { if (!process.env.STUBBORN) process.exit(0); });`;

let folder: string;
let service: ServiceProcess | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-service-'));
  await writeFile(join(folder, 'main.mjs'), PROGRAM);
});
afterEach(async () => {
  await service?.stop(0);
  await rm(folder, { recursive: true, force: true });
});

async function make(environment: Record<string, string> = {}): Promise<ServiceProcess> {
  const port = await findFreePort();
  service = new ServiceProcess({
    name: 'echo-0',
    program: join(folder, 'main.mjs'),
    port,
    environment: { PORT: String(port), WHO: 'echo', ...environment },
    nodeArguments: ['--expose-gc'],
    folder,
  });
  return service;
}

describe('a service process', () => {
  test('starts, is ready when it says so, is killed, and comes back with the same environment', async () => {
    const made = await make();
    await made.start();
    await made.ready();
    const first = made.pid;
    await made.kill('SIGKILL');
    expect(made.pid).toBeUndefined();
    await expect(made.exited).resolves.toEqual({ code: null, signal: 'SIGKILL' });

    await made.restart();
    expect(made.pid).not.toBe(first);
    await made.kill('SIGTERM');
    await expect(made.exited).resolves.toEqual({ code: 0, signal: null });
    expect((await made.logTail()).match(/life of echo, .* with --expose-gc/g)).toHaveLength(2);
  });

  test('that is stopped answers nobody until it is continued, and is ended all the same', async () => {
    const made = await make();
    await made.restart();
    await made.kill('SIGSTOP');
    await expect(fetch(made.url, { signal: AbortSignal.timeout(300) })).rejects.toThrow('timeout');
    await made.kill('SIGCONT');
    expect((await fetch(made.url)).status).toBe(503);
    await made.kill('SIGSTOP');
    await made.stop();
    expect(made.pid).toBeUndefined();
  });

  test('that does not end in time is made to', async () => {
    const made = await make({ STUBBORN: 'yes' });
    await made.restart();
    await made.stop(50);
    await expect(made.exited).resolves.toEqual({ code: null, signal: 'SIGKILL' });
  });

  test('that ends at its start says why', async () => {
    const made = await make({ BROKEN: 'yes' });
    await expect(made.restart()).rejects.toThrow(/echo-0 ended with code 78: [^]*BROKEN: is set/);
  });

  test('ends when the process that started it is killed', async () => {
    const made = await make();
    const library = fileURLToPath(new URL('../../dist/processes/service-process.js', import.meta.url));
    let orphan = 0;
    const owner = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { ServiceProcess } from ${JSON.stringify(library)};
         const service = new ServiceProcess(JSON.parse(process.argv[1]));
         await service.restart();
         process.stdout.write(String(service.pid));`,
        JSON.stringify({
          name: 'orphan-0',
          program: join(folder, 'main.mjs'),
          port: made.port,
          folder,
          environment: { PORT: String(made.port) },
        }),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const exited = once(owner, 'exit');
    try {
      const [line] = (await once(owner.stdout, 'data')) as [Buffer];
      orphan = Number(line.toString());
      expect(await processStart(orphan)).toBeDefined();
    } finally {
      owner.kill('SIGKILL');
    }
    await exited;
    while ((await processStart(orphan)) !== undefined)
      await new Promise((resolve) => setTimeout(resolve, 10));
  });

  test('that was left stopped is ended through its pid file, a stranger with that pid is not', async () => {
    const made = await make();
    await made.restart();
    await made.kill('SIGSTOP');
    await endOrphan(join(folder, 'echo-0.pid.json'));
    await expect(made.exited).resolves.toEqual({ code: 0, signal: null });

    await writeFile(join(folder, 'me.pid.json'), JSON.stringify({ pid: process.pid, started: 'long ago' }));
    await endOrphan(join(folder, 'me.pid.json'));
  });
});
