import { type InstanceRecord, type SessionRecord, topics } from '@parley/contracts';
import { createMemoryBus, type MemoryBus } from '@parley/event-bus';
import { SessionDirectory } from '../directory/session-directory.js';
import { sessionKey } from '../directory/session-table.js';
import { InstanceLog } from '../instances/instance-log.js';
import type { SessionsLog } from '../log.js';
import { ManualTime, quiet } from './manual-time.js';
import { StallablePublisher } from './stallable-publisher.js';

export const silentLog: SessionsLog = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export function userId(number: number): string {
  return `0199a3c0-0000-7000-8000-${String(number).padStart(12, '0')}`;
}

/** A bus in memory with a broker that can stall, time that passes by hand, and what the specs write to it. */
export class World {
  readonly memory: MemoryBus = createMemoryBus();
  readonly time = new ManualTime();
  readonly publisher = new StallablePublisher(this.memory.publisher);
  readonly bus = { publisher: this.publisher, reader: this.memory.reader, topics: this.memory.topics };
  readonly pace = { heartbeatMs: 2_000, later: this.time.later, now: this.time.now };

  static async create(): Promise<World> {
    const world = new World();
    await world.memory.topics.ensure([topics.instances, topics.sessions]);
    return world;
  }

  async instanceLog(): Promise<InstanceLog> {
    const instances = new InstanceLog(this.bus, silentLog, this.time.now);
    await instances.start();
    return instances;
  }

  async directory(instances: InstanceLog): Promise<SessionDirectory> {
    const directory = new SessionDirectory(this.bus, instances, silentLog, { later: this.time.later });
    await directory.start();
    return directory;
  }

  /** @returns the offset: the incarnation, if it is a start */
  async write(record: InstanceRecord): Promise<number> {
    const [written] = await this.memory.publisher.publish([
      { topic: topics.instances.name, value: JSON.stringify(record) },
    ]);
    await quiet();
    return written?.offset ?? -1;
  }

  start(slot: string): Promise<number> {
    return this.write({ event: 'process.started', slot, service: 'gateway', nonce: `nonce of ${slot}` });
  }

  beat(slot: string, incarnation: number): Promise<number> {
    return this.write({ event: 'process.beat', service: 'gateway', slot, incarnation });
  }

  async connect(user: string, sessionId: string, state: SessionRecord['state'] = 'active'): Promise<void> {
    const record = {
      sessionId,
      userId: user,
      deviceId: userId(99),
      state,
      connectedAt: new Date().toISOString(),
    };
    await this.writeSession(user, sessionId, JSON.stringify(record));
  }

  async disconnect(user: string, sessionId: string): Promise<void> {
    await this.writeSession(user, sessionId, null);
  }

  private async writeSession(user: string, sessionId: string, value: string | null): Promise<void> {
    const key = sessionKey(user, sessionId);
    await this.memory.publisher.publish([{ topic: topics.sessions.name, key, partitionBy: user, value }]);
    await quiet();
  }

  /** Everything that stands in `instances`. */
  async history(): Promise<InstanceRecord[]> {
    const records: InstanceRecord[] = [];
    const following = await this.memory.reader.follow({
      topics: [topics.instances.name],
      from: 'earliest',
      onRecords: (batch) => {
        for (const { value } of batch) records.push(JSON.parse(String(value)) as InstanceRecord);
      },
    });
    await following.caughtUp;
    await following.stop();
    return records;
  }

  async deaths(): Promise<InstanceRecord[]> {
    return (await this.history()).filter(({ event }) => event === 'process.died');
  }

  close(): Promise<void> {
    return this.memory.close();
  }
}
