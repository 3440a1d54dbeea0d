import { createKafkaBus } from '@parley/event-bus';
import { createInterface } from 'node:readline';

/** What a member process tells on its standard output, one JSON object per line. */
export type MemberReport =
  | { readonly event: 'assigned'; readonly partitions: number[] }
  | { readonly event: 'took'; readonly values: string[] }
  | { readonly event: 'handled'; readonly values: string[]; readonly owned: boolean[] };

/**
 * A member of a group in a process of its own, so that a test can kill or stop it:
 * `node member-process.js <brokers> <group> <topic> <partitions> [hold]`.
 * With `hold` it ends no batch before a line comes in on its standard input.
 */
const [brokers = '', group = '', topic = '', partitions = '1', hold] = process.argv.slice(2);
const report = (line: MemberReport) => process.stdout.write(`${JSON.stringify(line)}\n`);
const released =
  hold === 'hold'
    ? new Promise<void>((resolve) => createInterface(process.stdin).once('line', () => resolve()))
    : Promise.resolve();

const bus = createKafkaBus({ brokers: brokers.split(','), clientId: `member-${process.pid}` });
await bus.topics.ensure([{ name: topic, partitions: Number(partitions), retentionMs: 600_000 }]);
await bus.consumer.consume({
  group,
  topics: [topic],
  onAssigned: (owned) => report({ event: 'assigned', partitions: owned.map(({ partition }) => partition) }),
  onBatch: async ({ records, isOwned }) => {
    const values = records.map(({ value }) => String(value));
    report({ event: 'took', values });
    await released;
    report({ event: 'handled', values, owned: records.map(isOwned) });
  },
});
