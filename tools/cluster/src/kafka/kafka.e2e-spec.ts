import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { whyKafkaIsUnavailable } from './archives.js';
import { startKafka, type KafkaCluster } from './index.js';
import { countLiveBrokers } from './metadata-probe.js';
import { serverProperties } from './server-properties.js';

jest.setTimeout(180_000);

const unavailable = await whyKafkaIsUnavailable();
if (unavailable !== undefined && process.env['CI'] === 'true') throw new Error(unavailable);
const withKafka = unavailable === undefined ? describe : describe.skip;

const portOf = (address: string) => Number(address.split(':')[1]);

describe('server.properties', () => {
  const nodes = [1, 2, 3].map((id) => ({ id, port: 20_000 + id, controllerPort: 21_000 + id }));

  test('of one broker asks for no copies', () => {
    const [node] = nodes as [(typeof nodes)[0]];
    const text = serverProperties({ node, nodes: [node], dataDir: '/data' });
    expect(text).toContain('min.insync.replicas=1\n');
    expect(text).toContain('offsets.topic.replication.factor=1\n');
  });

  test('of three brokers survives the loss of one', () => {
    const [, node] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
    const text = serverProperties({ node, nodes, dataDir: '/data' });
    expect(text).toContain('default.replication.factor=3\n');
    expect(text).toContain('min.insync.replicas=2\n');
    expect(text).toContain(
      'controller.quorum.voters=1@127.0.0.1:21001,2@127.0.0.1:21002,3@127.0.0.1:21003\n',
    );
  });
});

withKafka('a real Kafka', () => {
  let folder: string;
  let cluster: KafkaCluster | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-kafka-'));
  });
  afterEach(async () => cluster?.stop());
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  test('starts, stops, is killed, and starts again on the same data and port', async () => {
    const dataDir = join(folder, 'one');
    cluster = await startKafka({ dataDir });
    const [broker] = cluster.brokers;
    if (broker === undefined) throw new Error('no broker');
    const identity = await readFile(join(dataDir, 'broker-1', 'data', 'meta.properties'), 'utf8');
    expect(await countLiveBrokers(portOf(broker.address), 1000)).toBe(1);

    await broker.signal('SIGKILL');
    expect(await countLiveBrokers(portOf(broker.address), 1000)).toBeUndefined();
    await broker.start();
    await broker.ready(1);
    await cluster.stop();
    expect(broker.pid).toBeUndefined();

    const again = await startKafka({ dataDir });
    expect(again.addresses).toEqual(cluster.addresses);
    cluster = again;
    expect(await readFile(join(dataDir, 'broker-1', 'data', 'meta.properties'), 'utf8')).toBe(identity);
  });

  test('of three brokers goes on without one of them', async () => {
    cluster = await startKafka({ dataDir: join(folder, 'three'), brokers: 3 });
    expect(cluster.addresses).toHaveLength(3);
    const [first, second, third] = cluster.brokers;
    await first?.signal('SIGKILL');
    await Promise.all([second?.ready(2), third?.ready(2)]);
    await first?.start();
    await cluster.ready();
  });
});
