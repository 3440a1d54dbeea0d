import { portIsFree } from '@parley/database/embedded';
import { once } from 'node:events';
import { readOptions } from './config.js';
import { demoPassword, demoUsernames, registerDemoUsers } from './demo-users.js';
import { whyKafkaIsUnavailable } from './kafka/index.js';
import type { Cluster } from './processes/cluster.js';
import { startCluster } from './processes/start-cluster.js';

let stopping = false;
try {
  const options = readOptions(process.env);
  const missing = await whyKafkaIsUnavailable();
  if (missing !== undefined)
    throw new Error(`The cluster needs Kafka: ${missing}. "npm start" runs without it.`);
  const port = options.frontDoorPort ?? 0;
  if (port !== 0 && !(await portIsFree(port)))
    throw new Error(`Port ${port} is taken: choose another one with PORT.`);
  const asked = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  console.log('Starting PostgreSQL, Kafka and the services …');
  const cluster = await startCluster(options);
  await registerDemoUsers(cluster.url);
  console.log(describe(cluster, options.dataDir ?? ''));
  reportEnds(cluster);
  await asked;
  // A terminal's Ctrl-C comes twice, from the terminal and from npm: the second one is no impatience.
  process.on('SIGINT', () => undefined).on('SIGTERM', () => undefined);
  stopping = true;
  console.log('Stopping …');
  await cluster.stop();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

/** Nobody starts it again here: whoever develops wants to see why it ended. */
function reportEnds(cluster: Cluster): void {
  for (const service of cluster.services) {
    void service.exited.then(async ({ code, signal }) => {
      if (!stopping) console.error(`${service.name} ended (${signal ?? code}):\n${await service.logTail(5)}`);
    });
  }
}

function describe(cluster: Cluster, dataDir: string): string {
  const lines = [
    ['clients', cluster.url],
    ...cluster.services.map(({ name, url, pid }) => [name, `${url} (pid ${pid})`]),
    ['users', `${demoUsernames.join(', ')} (password ${demoPassword})`],
    ['kafka', cluster.kafka.addresses.join(' ')],
    ['postgres', cluster.databaseUrl],
    ['data, logs', dataDir],
  ];
  const table = lines.map(([what = '', where = '']) => `  ${what.padEnd(12)}${where}`).join('\n');
  return `Parley runs as a cluster. Ctrl-C ends it.\n${table}`;
}
