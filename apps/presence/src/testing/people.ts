import {
  type InstanceRecord,
  type Presence,
  presenceSchema,
  type SessionRecord,
  topics,
} from '@parley/contracts';
import { createMemoryBus, type MemoryBus } from '@parley/event-bus';
import { randomUUID } from 'node:crypto';

/** What gateways write about people who come and go, and what the presence service says of it. */
export class People {
  readonly bus: MemoryBus = createMemoryBus();
  readonly changes: Presence[] = [];
  private waiting: (() => void)[] = [];
  private counter = 0;

  static async create(): Promise<People> {
    const people = new People();
    await people.bus.topics.ensure([
      topics.instances,
      topics.sessions,
      topics.presenceChanges,
      topics.accountEvents,
    ]);
    await people.bus.reader.follow({
      topics: [topics.presenceChanges.name],
      from: 'latest',
      onRecords: (records) => {
        for (const { value } of records) {
          people.changes.push(presenceSchema.parse(JSON.parse(String(value))));
        }
        for (const wake of people.waiting.splice(0)) wake();
      },
    });
    return people;
  }

  /** @returns its incarnation */
  async startGateway(slot: string): Promise<number> {
    return this.write({ event: 'process.started', slot, service: 'gateway', nonce: randomUUID() });
  }

  async killGateway(slot: string, incarnation: number): Promise<void> {
    await this.write({ event: 'process.died', slot, incarnation });
  }

  /** @returns the session's record */
  async connect(userId: string, slot: string, incarnation: number): Promise<SessionRecord> {
    const record: SessionRecord = {
      sessionId: `${slot}/${incarnation}/${++this.counter}`,
      userId,
      deviceId: randomUUID(),
      state: 'active',
      connectedAt: new Date().toISOString(),
    };
    await this.announce(record);
    return record;
  }

  async announce(record: SessionRecord): Promise<void> {
    await this.writeSession(record, JSON.stringify(record));
  }

  async disconnect(record: SessionRecord): Promise<void> {
    await this.writeSession(record, null);
  }

  async lose(record: SessionRecord): Promise<void> {
    await this.writeSession(record, JSON.stringify({ ...record, lost: true }));
    await this.writeSession(record, null);
  }

  /** What was said of a user, in order. */
  of(userId: string): Presence[] {
    return this.changes.filter((change) => change.userId === userId);
  }

  statusesOf(userId: string): string[] {
    return this.of(userId).map(({ status }) => status);
  }

  /** Resolves with the latest word about the user when it is this one. */
  async told(userId: string, status: Presence['status']): Promise<Presence> {
    for (;;) {
      const latest = this.of(userId).at(-1);
      if (latest?.status === status) return latest;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  private async writeSession({ userId, sessionId }: SessionRecord, value: string | null): Promise<void> {
    const key = `${userId}/${sessionId}`;
    await this.bus.publisher.publish([{ topic: topics.sessions.name, key, partitionBy: userId, value }]);
  }

  private async write(record: InstanceRecord): Promise<number> {
    const [written] = await this.bus.publisher.publish([
      { topic: topics.instances.name, value: JSON.stringify(record) },
    ]);
    return written?.offset ?? -1;
  }
}
