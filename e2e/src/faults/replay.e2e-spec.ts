import { topics } from '@parley/contracts';
import { KafkaOperator } from '@parley/event-bus/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type ClusterSystem, startClusterSystem } from '../harness/cluster-system.js';
import { seededRandom } from '../harness/random.js';
import { WritingPeople } from './load-under-faults.js';

const group = 'message';
const { name: commands, partitions } = topics.conversationCommands;

describe('while people write', () => {
  let system: ClusterSystem;
  let operator: KafkaOperator;
  let people: WritingPeople;

  beforeAll(async () => {
    system = await startClusterSystem();
    operator = await KafkaOperator.connect(system.cluster.kafka.brokers.map(({ address }) => address));
  }, 120_000);

  afterEach(() => people.end());
  afterAll(async () => {
    await operator.close();
    await system.stop();
  });

  const committed = async () => {
    const each = Array.from({ length: partitions }, (_, partition) =>
      operator.committed(group, commands, partition),
    );
    return (await Promise.all(each)).reduce((sum, offset) => sum + Math.max(0, offset), 0);
  };

  test('the commands are read again from 1,000 records before', async () => {
    const { messages } = system.cluster;
    people = await WritingPeople.start(system, seededRandom().seed, { ratePerDevice: 20 });
    while ((await committed()) < 1_000) await people.flowAgain(20_000);
    await Promise.all(messages.map((service) => service.stop()));
    expect(await operator.rewind(group, commands, 1_000)).toBeGreaterThanOrEqual(1_000);
    await Promise.all(messages.map((service) => service.restart()));
    await people.flowAgain(30_000);
    expect((await people.prove()).acked).toBeGreaterThan(500);
  });
});
