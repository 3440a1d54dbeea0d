import { startCluster } from '@parley/cluster';
import { findFreePort } from '@parley/database/embedded';
import { TestIssuer } from '@parley/e2e/harness';
import { acksOf } from '../measure/durability.js';
import { type MeasuredSystem, nodeArguments, type StartOptions } from './system.js';

/** Two gateways, message processes, one Kafka broker and PostgreSQL, each a process of its own. */
export async function startMeasuredCluster({
  messages,
  profileFolder,
}: StartOptions): Promise<MeasuredSystem> {
  const issuer = new TestIssuer();
  const inspectPort = await findFreePort();
  const environment = { LOG_LEVEL: 'warn' };
  const cluster = await startCluster({
    gateways: 2,
    messages,
    trustedIssuers: JSON.parse(issuer.configuration) as object[],
    environment: { gateway: environment, message: environment },
    nodeArguments: nodeArguments(inspectPort, profileFolder),
  });
  return {
    form: 'cluster',
    issuer,
    inspectPort,
    acks: acksOf.cluster,
    url: cluster.url,
    gatewayUrls: cluster.gatewayUrls,
    databaseUrl: cluster.databaseUrl,
    gateways: cluster.gateways.map(({ name, url, pid }) => ({ name, url, pid: pid ?? 0 })),
    serverProcesses: () => cluster.processes(),
    kill: async (name) => {
      const service = [...cluster.gateways, ...cluster.messages].find((process) => process.name === name);
      if (service === undefined) throw new Error(`there is no process ${name}`);
      await service.kill('SIGKILL');
    },
    stop: () => cluster.stop(),
  };
}
