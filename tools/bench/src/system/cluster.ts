import { type ServiceProcess, startCluster } from '@parley/cluster';
import { producerAcks } from '@parley/event-bus';
import { TestIssuer } from '@parley/e2e/harness';
import { acksOf } from '../measure/durability.js';
import { inspectorArguments } from '../measure/inspector.js';
import { type MeasuredService, type MeasuredSystem, type StartOptions } from './system.js';

/** Two gateways, message processes, one Kafka broker and PostgreSQL, each a process of its own. */
export async function startMeasuredCluster({ messages }: StartOptions): Promise<MeasuredSystem> {
  const issuer = new TestIssuer();
  const environment = { LOG_LEVEL: 'warn' };
  const cluster = await startCluster({
    gateways: 2,
    messages,
    longLived: true,
    trustedIssuers: JSON.parse(issuer.configuration) as object[],
    environment: { gateway: environment, message: environment, presence: environment },
    nodeArguments: inspectorArguments,
  });
  const named = (name: string): ServiceProcess => {
    const service = cluster.services.find((process) => process.name === name);
    if (service === undefined) throw new Error(`there is no process ${name}`);
    return service;
  };
  return {
    form: 'cluster',
    issuer,
    // Kafka's number for all.
    acks: Number(producerAcks) === -1 ? acksOf.cluster : String(producerAcks),
    url: cluster.url,
    gatewayUrls: cluster.gatewayUrls,
    restUrl: cluster.messageUrls[0] ?? cluster.url,
    databaseUrl: cluster.databaseUrl,
    services: cluster.services.map(measured),
    gateways: cluster.gateways.map(measured),
    serverProcesses: () => cluster.processes(),
    kill: (name) => named(name).kill('SIGKILL'),
    restart: (name) => named(name).restart(),
    stop: () => cluster.stop(),
  };
}

function measured({ name, url, pid, logFile }: ServiceProcess): MeasuredService {
  if (pid === undefined) throw new Error(`${name} does not run`);
  return { name, url, pid, logFile };
}
