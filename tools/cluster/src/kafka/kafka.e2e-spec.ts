import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { whyKafkaIsUnavailable } from './archives.js';
import { startKafka, type KafkaCluster } from './index.js';
import { countLiveBrokers } from './metadata-probe.js';

jest.setTimeout(180_000);

const unavailable = await whyKafkaIsUnavailable();
if (unavailable !== undefined && process.env['CI'] === 'true') throw new Error(unavailable);
const withKafka = unavailable === undefined ? describe : describe.skip;

const portOf = (address: string) => Number(address.split(':')[1]);

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

    await broker.kill('SIGKILL');
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

  test('is reached through a link that can be cut for one process alone', async () => {
    cluster = await startKafka({ dataDir: join(folder, 'linked'), links: ['gateway-0'] });
    const link = cluster.links.get('gateway-0');
    const throughLink = portOf(link?.addresses[0] ?? '');
    const direct = portOf(cluster.addresses[0] ?? '');
    expect(await countLiveBrokers(throughLink, 2000)).toBe(1);
    link?.cut('silent');
    expect(await countLiveBrokers(throughLink, 200)).toBeUndefined();
    expect(await countLiveBrokers(direct, 2000)).toBe(1);
    link?.heal();
    expect(await countLiveBrokers(throughLink, 2000)).toBe(1);
  });

  test('of three brokers goes on without one of them', async () => {
    cluster = await startKafka({ dataDir: join(folder, 'three'), brokers: 3 });
    expect(cluster.addresses).toHaveLength(3);
    const [first, second, third] = cluster.brokers;
    await first?.kill('SIGKILL');
    await Promise.all([second?.ready(2), third?.ready(2)]);
    await first?.start();
    await cluster.ready();
  });
});
