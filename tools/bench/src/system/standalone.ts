import { ServiceProcess } from '@parley/cluster';
import { findFreePort } from '@parley/database/embedded';
import { TestIssuer } from '@parley/e2e/harness';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acksOf } from '../measure/durability.js';
import { inspectorArguments } from '../measure/inspector.js';
import { type MeasuredService, type MeasuredSystem } from './system.js';

/** One process with everything, and its PostgreSQL beside it. */
export async function startMeasuredStandalone(): Promise<MeasuredSystem> {
  const issuer = new TestIssuer();
  const port = await findFreePort();
  const folder = await mkdtemp(join(tmpdir(), 'parley-bench-standalone-'));
  const dataDir = join(folder, 'data');
  const service = new ServiceProcess({
    name: 'standalone',
    program: 'apps/standalone/dist/main.js',
    port,
    environment: {
      NODE_ENV: 'production',
      PORT: String(port),
      PARLEY_DATA_DIR: dataDir,
      EXTERNAL_ISSUERS: issuer.configuration,
      LOG_LEVEL: 'warn',
    },
    nodeArguments: inspectorArguments,
    folder,
  });
  await service.restart();
  const { name, url, pid, logFile } = service;
  if (pid === undefined) throw new Error('standalone has ended at once');
  const standalone: MeasuredService = { name, url, pid, logFile };
  const running = JSON.parse(await readFile(join(dataDir, 'running.json'), 'utf8')) as Running;
  return {
    form: 'standalone',
    issuer,
    acks: acksOf.standalone,
    url,
    gatewayUrls: [url],
    restUrl: url,
    databaseUrl: running.databaseUrl,
    services: [standalone],
    gateways: [standalone],
    serverProcesses: () => [
      { name: 'standalone', pid },
      { name: 'postgres', pid: running.postgresPid },
    ],
    kill: () => Promise.reject(new Error('standalone has no second process that could go on')),
    restart: () => Promise.reject(new Error('standalone has no process that was killed')),
    stop: async () => {
      await service.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What standalone tells those who work beside it. */
interface Running {
  databaseUrl: string;
  postgresPid: number;
}
