import type { TestIssuer, TestTokenOptions } from '@parley/service/testing';
import type { FrontDoor } from '../front-door/index.js';
import type { KafkaCluster, KafkaLink } from '../kafka/index.js';
import type { TcpProxy } from '../proxy/index.js';
import type { DatabaseProcess } from './database-process.js';
import type { ServiceProcess } from './service-process.js';

/** What lies between one process and the parts it needs. */
export interface ProcessLinks {
  readonly kafka: KafkaLink;
  /** Of processes that have a database only. */
  readonly postgres?: TcpProxy;
}

export interface ClusterParts {
  database: DatabaseProcess;
  kafka: KafkaCluster;
  gateways: readonly ServiceProcess[];
  messages: readonly ServiceProcess[];
  presences: readonly ServiceProcess[];
  frontDoor: FrontDoor;
  links: ReadonlyMap<string, ProcessLinks>;
  issuer: TestIssuer;
  /** Lets go of the data folder, when nothing uses it any more. */
  forget(): Promise<void>;
}

export interface RunningProcess {
  name: string;
  pid: number;
}

/** Parley as it is deployed: each service in processes of its own over a real Kafka and a real PostgreSQL. */
export class Cluster {
  readonly form = 'cluster';

  constructor(private readonly parts: ClusterParts) {}

  /** The one origin that clients use. */
  get url(): string {
    return this.parts.frontDoor.url;
  }

  get database(): DatabaseProcess {
    return this.parts.database;
  }

  get kafka(): KafkaCluster {
    return this.parts.kafka;
  }

  get gateways(): readonly ServiceProcess[] {
    return this.parts.gateways;
  }

  get messages(): readonly ServiceProcess[] {
    return this.parts.messages;
  }

  get presences(): readonly ServiceProcess[] {
    return this.parts.presences;
  }

  /** All processes of ours. */
  get services(): readonly ServiceProcess[] {
    return [...this.gateways, ...this.messages, ...this.presences];
  }

  /** Each gateway without the front door. */
  get gatewayUrls(): string[] {
    return this.gateways.map(({ url }) => url);
  }

  get messageUrls(): string[] {
    return this.messages.map(({ url }) => url);
  }

  /** Of the superuser. */
  get databaseUrl(): string {
    return this.database.adminUrl;
  }

  get issuer(): TestIssuer {
    return this.parts.issuer;
  }

  mintToken(user: { userId: string } & TestTokenOptions): Promise<string> {
    const { userId, ...options } = user;
    return this.issuer.token(userId, options);
  }

  /** Of a process named in `cuttable`. */
  links(process: string): ProcessLinks {
    const links = this.parts.links.get(process);
    if (links === undefined)
      throw new Error(`start the cluster with cuttable: ['${process}'] to cut its links`);
    return links;
  }

  /** All server processes that run now; PostgreSQL and Kafka have children and threads of their own. */
  processes(): RunningProcess[] {
    return [
      { name: 'postgres', pid: this.database.pid },
      ...this.kafka.brokers.map((broker) => ({ name: `kafka-${broker.id}`, pid: broker.pid })),
      ...this.services.map(({ name, pid }) => ({ name, pid })),
    ].filter((process): process is RunningProcess => process.pid !== undefined);
  }

  /** Ends everything, services first, and leaves no process. */
  async stop(): Promise<void> {
    const { frontDoor, links } = this.parts;
    await Promise.all(this.services.map((service) => service.stop()));
    await frontDoor.stop();
    await Promise.all([this.kafka.stop(), this.database.stop()]);
    for (const { postgres } of links.values()) await postgres?.stop();
    await this.parts.forget();
  }
}
