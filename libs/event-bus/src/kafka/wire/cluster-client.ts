import { producerAcks } from './encode-produce.js';
import type { TopicPartition } from '../../ports/records.js';
import { BrokerError, errorCode, throwIfError } from './error-codes.js';
import type { ApiName } from './kafkajs-internals.js';
import { type Address, Link, type LinkOptions } from './link.js';

/** Requests that a broker answers at once. Milliseconds. */
const quickTimeoutMs = 2_000;

interface Node {
  readonly address: Address;
  readonly link: Link;
  /** A long poll holds up everything else on its connection. */
  readonly fetchLink: Link;
}

interface TopicState {
  readonly error: number;
  /** Node ids by partition; -1 where there is none. */
  readonly leaders: readonly number[];
}

interface MetadataAnswer {
  readonly brokers: readonly ({ nodeId: number } & Address)[];
  readonly topicMetadata: readonly {
    readonly topic: string;
    readonly topicErrorCode: number;
    readonly partitionMetadata: readonly { readonly partitionId: number; readonly leader: number }[];
  }[];
}

interface ListOffsetsAnswer {
  readonly responses: readonly {
    readonly topic: string;
    readonly partitions: readonly { partition: number; errorCode: number; offset: string }[];
  }[];
}

export const latest = -1;
export const earliest = -2;

export interface OffsetQuery extends TopicPartition {
  /** Milliseconds since the epoch, or `latest`, or `earliest`. */
  readonly timestamp: number;
}

/** A long poll was ended because something else is to be fetched now. */
export class FetchInterrupted extends Error {}

/** The brokers of a cluster over one set of connections, and who leads which partition. It retries nothing. */
export class ClusterClient {
  private readonly nodes = new Map<number, Node>();
  private readonly seeds: Link[];
  private readonly topics = new Map<string, TopicState>();
  private refreshing: { topics: string; done: Promise<void> } | undefined;
  private closed = false;

  constructor(
    bootstrap: readonly string[],
    private readonly options: LinkOptions,
  ) {
    this.seeds = bootstrap.map((address) => {
      const at = address.lastIndexOf(':');
      return new Link({ host: address.slice(0, at), port: Number(address.slice(at + 1)) }, options);
    });
  }

  /** The node that leads a partition; undefined when it is not known, or there is none. */
  leaderOf({ topic, partition }: TopicPartition): number | undefined {
    const leader = this.topics.get(topic)?.leaders[partition];
    return leader === undefined || leader < 0 || !this.nodes.has(leader) ? undefined : leader;
  }

  /** How many partitions a topic has, as far as is known. */
  partitionCount(topic: string): number | undefined {
    const state = this.topics.get(topic);
    return state?.error === errorCode.none ? state.leaders.length : undefined;
  }

  /** The last answer to the question for this topic said that there is none. */
  isUnknown(topic: string): boolean {
    return this.topics.get(topic)?.error === errorCode.unknownTopicOrPartition;
  }

  /** Asks who leads these topics; one question at a time for the same ones. */
  async refresh(topics: readonly string[]): Promise<void> {
    // An empty list would ask for every topic there is.
    if (topics.length === 0) return;
    const asked = [...topics].sort().join(' ');
    if (this.refreshing?.topics === asked) return this.refreshing.done;
    const done = this.loadMetadata(topics).finally(() => {
      if (this.refreshing?.done === done) this.refreshing = undefined;
    });
    this.refreshing = { topics: asked, done };
    return done;
  }

  /** Sends a request to one node; its answer may hold error codes. */
  async send<Answer>(
    node: number,
    api: ApiName,
    payload: object,
    timeoutMs = quickTimeoutMs,
  ): Promise<Answer> {
    return this.node(node).link.send<Answer>(api, payload, timeoutMs);
  }

  /** Sends a Produce request that is encoded already. */
  async produce<Answer>(node: number, body: Buffer, timeoutMs: number): Promise<Answer> {
    const request = { acks: producerAcks, timeout: timeoutMs, topicData: [] };
    return this.node(node).link.send<Answer>('Produce', request, timeoutMs, { encode: body });
  }

  /** The same on the connection that is kept for long polls. */
  async sendFetch<Answer>(
    node: number,
    payload: object,
    timeoutMs: number,
    decode: (raw: Buffer) => Promise<Answer>,
  ): Promise<Answer> {
    return this.node(node).fetchLink.send('Fetch', payload, timeoutMs, { decode });
  }

  /** Ends the long poll under way at a node: it fails with FetchInterrupted. */
  interruptFetch(node: number): void {
    this.nodes.get(node)?.fetchLink.drop(new FetchInterrupted('the fetch was interrupted'));
  }

  /** Sends a request to any node that answers. */
  async sendToAny<Answer>(api: ApiName, payload: object, timeoutMs = quickTimeoutMs): Promise<Answer> {
    const known = [...this.nodes.values()].map((node) => node.link);
    const links = [
      ...known.filter((link) => link.isOpen),
      ...known.filter((link) => !link.isOpen),
      ...this.seeds,
    ];
    let failure: unknown;
    for (const link of links) {
      if (this.closed) break;
      try {
        return await link.send<Answer>(api, payload, timeoutMs);
      } catch (error) {
        failure = error;
      }
    }
    throw new Error('no broker answers', { cause: failure });
  }

  /** The node that coordinates a group. */
  async coordinatorOf(group: string): Promise<number> {
    const answer = await this.sendToAny<{ errorCode: number; coordinator: { nodeId: number } & Address }>(
      'GroupCoordinator',
      { groupId: group, coordinatorType: 0 },
    );
    throwIfError(answer.errorCode, `finding the coordinator of ${group}`);
    const { nodeId, host, port } = answer.coordinator;
    this.know(nodeId, { host, port });
    return nodeId;
  }

  /** Offsets at times, in the order asked; -1 where no record is as late. */
  async listOffsets(queries: readonly OffsetQuery[]): Promise<number[]> {
    const byLeader = new Map<number, OffsetQuery[]>();
    for (const query of queries) {
      const leader = this.leaderOf(query);
      if (leader === undefined) throw new Error(`no leader is known for ${query.topic}/${query.partition}`);
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), query]);
    }
    const found = new Map<string, number>();
    await Promise.all(
      [...byLeader].map(async ([leader, ofLeader]) => {
        const topics = groupByTopic(ofLeader, ({ partition, timestamp }) => ({ partition, timestamp }));
        // Isolation level 0: everything that is replicated.
        const payload = { replicaId: -1, isolationLevel: 0, topics };
        const answer = await this.send<ListOffsetsAnswer>(leader, 'ListOffsets', payload);
        for (const { topic, partitions } of answer.responses) {
          for (const { partition, errorCode: code, offset } of partitions) {
            throwIfError(code, `asking for offsets of ${topic}/${partition}`);
            found.set(`${topic}/${partition}`, Number(offset));
          }
        }
      }),
    );
    return queries.map(({ topic, partition }) => {
      const offset = found.get(`${topic}/${partition}`);
      if (offset === undefined) throw new Error(`the broker did not answer for ${topic}/${partition}`);
      return offset;
    });
  }

  close(): void {
    this.closed = true;
    for (const { link, fetchLink } of this.nodes.values()) {
      link.drop();
      fetchLink.drop();
    }
    for (const seed of this.seeds) seed.drop();
  }

  private async loadMetadata(topics: readonly string[]): Promise<void> {
    const answer = await this.sendToAny<MetadataAnswer>('Metadata', {
      topics,
      allowAutoTopicCreation: false,
    });
    for (const { nodeId, host, port } of answer.brokers) this.know(nodeId, { host, port });
    for (const { topic, topicErrorCode, partitionMetadata } of answer.topicMetadata) {
      const leaders = new Array<number>(partitionMetadata.length).fill(-1);
      for (const { partitionId, leader } of partitionMetadata) leaders[partitionId] = leader;
      this.topics.set(topic, { error: topicErrorCode, leaders });
    }
  }

  private know(id: number, address: Address): void {
    const known = this.nodes.get(id);
    if (known?.address.host === address.host && known.address.port === address.port) return;
    known?.link.drop();
    known?.fetchLink.drop();
    const link = new Link(address, this.options);
    this.nodes.set(id, { address, link, fetchLink: new Link(address, this.options) });
  }

  private node(id: number): Node {
    const node = this.nodes.get(id);
    if (this.closed || !node)
      throw new Error(this.closed ? 'the bus is closed' : `broker ${id} is not known`);
    return node;
  }
}

/** The shape in which requests name partitions. */
export function groupByTopic<Item extends TopicPartition, Entry>(
  items: readonly Item[],
  toEntry: (item: Item) => Entry,
): { topic: string; partitions: Entry[] }[] {
  const topics = new Map<string, Entry[]>();
  for (const item of items) {
    const entries = topics.get(item.topic);
    if (entries) entries.push(toEntry(item));
    else topics.set(item.topic, [toEntry(item)]);
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }));
}

/** Whether waiting and asking again may help: connection trouble and what the protocol calls retriable. */
export function isTransient(error: unknown): boolean {
  return !(error instanceof BrokerError) || error.retriable;
}
