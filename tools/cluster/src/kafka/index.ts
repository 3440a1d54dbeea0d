import { findFreePort, portIsFree } from '@parley/database/embedded';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { classArchiveFile, exists, kafkaClassPath } from './archives.js';
import { Broker } from './broker.js';
import { KafkaLink } from './kafka-link.js';
import type { NodeAddress } from './server-properties.js';

export { kafkaAvailable, whyKafkaIsUnavailable } from './archives.js';
export { Broker } from './broker.js';
export { KafkaLink } from './kafka-link.js';

export interface KafkaOptions {
  /** Made if absent; kept data, ports and cluster id are used again. */
  dataDir: string;
  /** 1 (default), or 3: replication factor 3 and min.insync.replicas 2, for failover tests. */
  brokers?: 1 | 3;
  /** Names of links to make: whoever uses the addresses of one reaches all brokers through it only. */
  links?: readonly string[];
  /** For runs of minutes: Java's second compiler costs the first half of one, and saves a third of the CPU time after it. */
  longLived?: boolean;
}

export interface KafkaCluster {
  /** host:port of each broker. */
  readonly addresses: string[];
  readonly brokers: readonly Broker[];
  readonly links: ReadonlyMap<string, KafkaLink>;
  /** Waits until every broker takes part. */
  ready(): Promise<void>;
  stop(): Promise<void>;
}

interface Layout {
  clusterId: string;
  nodes: NodeAddress[];
}

/** Starts Apache Kafka in KRaft mode on 127.0.0.1; resolves when it serves. */
export async function startKafka(options: KafkaOptions): Promise<KafkaCluster> {
  await archiveClasses();
  const { clusterId, nodes } = await rememberedLayout(options.dataDir, options.brokers ?? 1);
  const links = new Map<string, KafkaLink>();
  for (const name of options.links ?? []) links.set(name, await KafkaLink.start(nodes.length));
  const brokers = nodes.map((node, i) => {
    const proxied = [...links.values()].map((link) => link.listenerOf(i));
    return new Broker({
      node,
      nodes,
      clusterId,
      proxied,
      longLived: options.longLived ?? false,
      folder: join(options.dataDir, `broker-${node.id}`),
    });
  });
  const cluster: KafkaCluster = {
    addresses: brokers.map((broker) => broker.address),
    brokers,
    links,
    ready: async () => void (await Promise.all(brokers.map((broker) => broker.ready(brokers.length)))),
    stop: async () => {
      await Promise.all(brokers.map((broker) => broker.stop()));
      await Promise.all([...links.values()].map((link) => link.stop()));
    },
  };
  try {
    await Promise.all(
      nodes.map((node) => mkdir(join(options.dataDir, `broker-${node.id}`), { recursive: true })),
    );
    const starts = brokers.map((broker) => broker.start());
    await Promise.allSettled(starts);
    await Promise.all(starts);
    await cluster.ready();
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

/** 22 characters of base64url. The first bit is 0, so that it never begins with a hyphen, which reads as an option. */
function newClusterId(): string {
  const bytes = randomBytes(16);
  bytes[0]! &= 0x7f;
  return bytes.toString('base64url');
}

async function rememberedLayout(dataDir: string, brokers: number): Promise<Layout> {
  await mkdir(dataDir, { recursive: true });
  const file = join(dataDir, 'layout.json');
  const before: Layout = (await exists(file))
    ? (JSON.parse(await readFile(file, 'utf8')) as Layout)
    : { clusterId: newClusterId(), nodes: [] };
  if (before.nodes.length > 0 && before.nodes.length !== brokers) {
    throw new Error(
      `${dataDir} holds a Kafka of ${before.nodes.length} brokers, not ${brokers}: choose another folder`,
    );
  }
  const nodes: NodeAddress[] = [];
  for (let id = 1; id <= brokers; id++) {
    const known = before.nodes.find((node) => node.id === id);
    nodes.push({
      id,
      port: await freeOr(known?.port),
      controllerPort: await freeOr(known?.controllerPort),
    });
  }
  const layout = { clusterId: before.clusterId, nodes };
  await writeFile(file, JSON.stringify(layout));
  return layout;
}

async function freeOr(known: number | undefined): Promise<number> {
  return known !== undefined && (await portIsFree(known)) ? known : findFreePort();
}

/** Once per checkout and Java: a broker runs for a moment, so that all later ones start in half the time. */
async function archiveClasses(): Promise<void> {
  const file = await classArchiveFile(await kafkaClassPath());
  if (await exists(file)) return;
  const folder = await mkdtemp(join(tmpdir(), 'parley-kafka-classes-'));
  const draft = `${file}.${process.pid}`;
  const { clusterId, nodes } = await rememberedLayout(folder, 1);
  const [node] = nodes as [NodeAddress];
  const broker = new Broker({ node, nodes, clusterId, folder, archiveClassesTo: draft });
  try {
    await broker.start();
    await broker.ready(1);
    await broker.stop(60_000);
    await rename(draft, file);
  } finally {
    await broker.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
