import { findFreePort, lockFolder } from '@parley/database/embedded';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  GATEWAY_PREFIXES,
  MESSAGE_PREFIXES,
  PRESENCE_PREFIXES,
  startFrontDoor,
} from '../front-door/index.js';
import { startKafka, type KafkaCluster } from '../kafka/index.js';
import { TcpProxy } from '../proxy/index.js';
import { DatabaseProcess } from './database-process.js';
import { endProcessesOf, makeScratchFolder } from './scratch-folder.js';
import {
  gatewayEnvironment,
  type GivenToService,
  messageEnvironment,
  presenceEnvironment,
} from './service-environment.js';
import { ServiceProcess } from './service-process.js';
import { loadTokenKeys, type TokenKeys } from './token-keys.js';
import { Cluster, type ProcessLinks } from './cluster.js';

export interface ClusterOptions {
  /** How many processes of each service (default 2, 2 and 1). */
  gateways?: number;
  messages?: number;
  presences?: number;
  brokers?: 1 | 3;
  /** Of the brokers: see `KafkaOptions`. */
  longLived?: boolean;
  /** Kept after the end. Absent: a folder that is removed by `stop`. */
  dataDir?: string;
  /** 0 or absent: any free one. */
  frontDoorPort?: number;
  /** Whose tokens are accepted beside those of the cluster's own test issuer, as in EXTERNAL_ISSUERS. */
  trustedIssuers?: readonly object[];
  /** Added to the environment of each process of the service. */
  environment?: Partial<Record<ServiceName, Record<string, string>>>;
  /** Arguments of node for the services, such as `--expose-gc`. */
  nodeArguments?: readonly string[];
  /** Names of processes (`gateway-0`, `message-1`) whose links to Kafka and PostgreSQL can be cut. */
  cuttable?: readonly string[];
}

type ServiceName = 'gateway' | 'message' | 'presence';
type Keep = <T extends { stop(): Promise<void> }>(part: T) => T;

/** Resolves when every process is ready. What was started is ended when one of them does not become so. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { folder, forget } = await ownedFolder(options.dataDir);
  const begun: { stop(): Promise<void> }[] = [];
  const keep: Keep = (part) => {
    begun.push(part);
    return part;
  };
  try {
    return await startParts(options, folder, forget, keep);
  } catch (error) {
    for (const part of begun.reverse()) await part.stop();
    await forget();
    throw error;
  }
}

async function startParts(
  options: ClusterOptions,
  folder: string,
  forget: () => Promise<void>,
  keep: Keep,
): Promise<Cluster> {
  const cuttable = options.cuttable ?? [];
  const keys = await loadTokenKeys(folder);
  const [database, kafka] = await both(
    DatabaseProcess.start(join(folder, 'postgres')).then(keep),
    startKafka({
      dataDir: join(folder, 'kafka'),
      brokers: options.brokers ?? 1,
      links: cuttable,
      longLived: options.longLived ?? false,
    }).then(keep),
  );
  const links = new Map<string, ProcessLinks>();
  for (const name of cuttable) links.set(name, await linksOf(name, kafka, database, keep));
  const factory = new ServiceFactory(options, folder, { database, kafka, links, keys });
  const messages = await factory.make('message', options.messages ?? 2, keep);
  const gateways = await factory.make('gateway', options.gateways ?? 2, keep);
  const presences = await factory.make('presence', options.presences ?? 1, keep);
  const services = [...messages, ...gateways, ...presences];
  for (const service of services) await service.start();
  await Promise.all(services.map((service) => service.ready()));
  const frontDoor = keep(
    await startFrontDoor({
      port: options.frontDoorPort ?? 0,
      routes: [
        { prefixes: GATEWAY_PREFIXES, upstreams: gateways.map(({ port }) => `127.0.0.1:${port}`) },
        { prefixes: MESSAGE_PREFIXES, upstreams: messages.map(({ port }) => `127.0.0.1:${port}`) },
        { prefixes: PRESENCE_PREFIXES, upstreams: presences.map(({ port }) => `127.0.0.1:${port}`) },
      ],
    }),
  );
  return new Cluster({
    database,
    kafka,
    gateways,
    messages,
    presences,
    frontDoor,
    links,
    issuer: keys.issuer,
    forget,
  });
}

/** Unlike Promise.all waits for the other one when one fails, so that it, too, is known and can be ended. */
async function both<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}

class ServiceFactory {
  constructor(
    private readonly options: ClusterOptions,
    private readonly folder: string,
    private readonly parts: {
      database: DatabaseProcess;
      kafka: KafkaCluster;
      links: ReadonlyMap<string, ProcessLinks>;
      keys: TokenKeys;
    },
  ) {}

  async make(service: ServiceName, count: number, keep: Keep): Promise<ServiceProcess[]> {
    const made: ServiceProcess[] = [];
    for (let i = 0; i < count; i++) made.push(keep(await this.makeOne(service, `${service}-${i}`)));
    return made;
  }

  private async makeOne(service: ServiceName, slot: string): Promise<ServiceProcess> {
    const { database, kafka, links, keys } = this.parts;
    const [port, metricsPort] = [await findFreePort(), await findFreePort()];
    const link = links.get(slot);
    const brokers = link?.kafka.addresses ?? kafka.addresses;
    const trustedIssuers = [keys.issuer.trusted, ...(this.options.trustedIssuers ?? [])];
    const given = { slot, port, metricsPort, brokers, keys, trustedIssuers };
    const environment = this.environmentOf(service, given, link?.postgres?.port ?? database.port);
    return new ServiceProcess({
      name: slot,
      program: `apps/${service}/dist/main.js`,
      port,
      environment: { ...environment, ...this.options.environment?.[service] },
      nodeArguments: this.options.nodeArguments ?? [],
      folder: this.folder,
    });
  }

  private environmentOf(
    service: ServiceName,
    given: GivenToService,
    databasePort: number,
  ): Record<string, string> {
    const { database } = this.parts;
    switch (service) {
      case 'gateway':
        return gatewayEnvironment(given);
      case 'message':
        return messageEnvironment(given, database.urlOf('parley_message', databasePort));
      case 'presence':
        return presenceEnvironment(given, database.urlOf('parley_presence', databasePort));
    }
  }
}

async function linksOf(
  name: string,
  kafka: KafkaCluster,
  database: DatabaseProcess,
  keep: Keep,
): Promise<ProcessLinks> {
  const link = kafka.links.get(name);
  if (link === undefined) throw new Error(`Kafka has no link for ${name}`);
  if (name.startsWith('gateway-')) return { kafka: link };
  const target = { host: '127.0.0.1', port: database.port };
  return { kafka: link, postgres: keep(await TcpProxy.start({ target })) };
}

async function ownedFolder(
  dataDir: string | undefined,
): Promise<{ folder: string; forget: () => Promise<void> }> {
  if (dataDir === undefined) {
    const folder = await makeScratchFolder();
    return { folder, forget: () => rm(folder, { recursive: true, force: true }) };
  }
  await mkdir(dataDir, { recursive: true });
  const lock = await lockFolder(dataDir);
  await endProcessesOf(dataDir);
  return { folder: dataDir, forget: () => lock.release() };
}
