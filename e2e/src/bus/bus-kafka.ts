import { type KafkaCluster, startKafka } from '@parley/cluster';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A Kafka for one spec file, on a folder that goes with it. */
export interface BusKafka extends KafkaCluster {
  readonly dataDir: string;
}

export async function startBusKafka(brokers: 1 | 3 = 1): Promise<BusKafka> {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-bus-'));
  const cluster = await startKafka({ dataDir, brokers });
  const stop = async () => {
    await cluster.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  return { ...cluster, dataDir, stop };
}
