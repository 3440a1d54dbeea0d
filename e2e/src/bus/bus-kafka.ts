import { type KafkaCluster, type KafkaOptions, startKafka } from '@parley/cluster';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A Kafka for one spec file, on a folder that goes with it. */
export type BusKafka = KafkaCluster;

export async function startBusKafka(options: Omit<KafkaOptions, 'dataDir'> = {}): Promise<BusKafka> {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-bus-'));
  const cluster = await startKafka({ ...options, dataDir });
  const stop = async () => {
    await cluster.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  return { ...cluster, stop };
}
