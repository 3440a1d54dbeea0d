import { type ClientOptions, mintId, ParleyClient } from '@parley/client';
import { type TcpProxy } from '@parley/cluster';
import { checkHistory, type FinalRead, HistoryRecorder, type Verdict } from '../history/index.js';
import { pause } from './conditions.js';
import { TestDatabase } from './database.js';
import { freshRead, liveRead } from './final-read.js';
import { type LoggedDevice } from './logged-device.js';
import { observing } from './observing.js';
import { type System } from './system.js';

/** Milliseconds of the clock that all processes of a machine share. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

export interface DeviceOptions extends Partial<
  Pick<ClientOptions, 'url' | 'socketUrl' | 'syncTimes' | 'outbox' | 'receipts' | 'store' | 'tabs'>
> {
  readonly deviceId?: string;
  /** What the history calls it; the device id by default. */
  readonly name?: string;
}

export interface ProveOptions {
  /** Fresh devices read for these; everybody by default. */
  readonly readers?: readonly string[];
  readonly settleWithinMs?: number;
}

/** The people and devices of one test, and the log of what they did and saw. */
export class World {
  readonly recorder = new HistoryRecorder(monotonicMs);
  readonly database: TestDatabase;
  readonly devices: LoggedDevice[] = [];
  readonly users = new Set<string>();
  readonly conversations = new Set<string>();
  /** Networks of devices, stopped at the end. */
  readonly links: TcpProxy[] = [];

  constructor(readonly system: System) {
    this.database = new TestDatabase(system.databaseUrl);
  }

  async people(count: number): Promise<string[]> {
    const ids = Array.from({ length: count }, mintId);
    await this.database.addUsers(ids);
    for (const id of ids) this.users.add(id);
    return ids;
  }

  /** A device of somebody, not connected yet. */
  device(
    userId: string,
    { deviceId = mintId(), name = deviceId, ...options }: DeviceOptions = {},
  ): LoggedDevice {
    const log = this.recorder.device(userId, name);
    const { issuer, url } = this.system;
    const client = new ParleyClient({
      url,
      deviceId,
      tokenProvider: () => issuer.token({ userId, deviceId }),
      observer: observing(log),
      ...options,
    });
    client.on('receipt', ({ conversationId, userId: subject, deliveredSeq, readSeq }) =>
      log.record({ kind: 'mark', conversationId, subject, deliveredSeq, readSeq }),
    );
    const device = { userId, client, log };
    this.devices.push(device);
    return device;
  }

  async connected(userId: string, options: DeviceOptions = {}): Promise<LoggedDevice> {
    const device = this.device(userId, options);
    await device.client.connect();
    return device;
  }

  /** Makes a group whose owner is the person of the device, and remembers it for the check at the end. */
  async group(owner: LoggedDevice, memberIds: readonly string[], name = 'group'): Promise<string> {
    const { id } = await owner.client.conversations.createGroup({ name, memberIds });
    this.conversations.add(id);
    return id;
  }

  async direct(from: LoggedDevice, userId: string): Promise<string> {
    const { id } = await from.client.conversations.createDirect(userId);
    this.conversations.add(id);
    return id;
  }

  /** Lets everything come to rest, reads it all with fresh devices and from the database, and checks the history. */
  async prove({ readers, settleWithinMs = 30_000 }: ProveOptions = {}): Promise<Verdict> {
    await this.settled(settleWithinMs);
    const dump = await this.dump();
    const reads: FinalRead[] = this.devices.filter(({ client }) => client.session).map(liveRead);
    for (const userId of readers ?? this.users) reads.push(await this.readFresh(userId));
    return checkHistory(this.recorder.finish(reads, dump));
  }

  async end(): Promise<void> {
    for (const { client } of this.devices) client.close();
    await Promise.all(this.links.map((link) => link.stop()));
    await this.database.end();
  }

  /** Waits until no device has anything left to send or to fetch; what is missing after that is for the checker. */
  private async settled(withinMs: number): Promise<void> {
    const deadline = Date.now() + withinMs;
    // What a closed one had not sent is with whoever was given its store.
    const busy = () => this.devices.some(({ client }) => client.state !== 'closed' && client.unanswered > 0);
    while (busy() && Date.now() < deadline) await pause(50);
    const online = this.devices.filter(({ client }) => client.session);
    const complete = () =>
      online.flatMap(({ client }) => [...client.held()]).every((state) => !state.incomplete);
    do {
      const late = pause(deadline - Date.now());
      await Promise.race([late, Promise.all(online.map(({ client }) => client.sync()))]);
      await pause(100);
    } while (!(complete() && (await this.marksAgree(online))) && Date.now() < deadline);
  }

  /** Marks go another way than messages, and may take a moment longer. */
  private async marksAgree(online: readonly LoggedDevice[]): Promise<boolean> {
    const users = [...new Set(online.map(({ userId }) => userId))];
    const standing = await this.database.ownMarks([...this.conversations], users);
    return standing.every(({ conversationId, userId, deliveredSeq, readSeq }) =>
      online
        .filter((device) => device.userId === userId && device.client.conversationState(conversationId))
        .every(({ client }) => {
          const { marks } = client.conversation(conversationId);
          return marks.deliveredSeq === deliveredSeq && marks.readSeq === readSeq;
        }),
    );
  }

  /** What this world made; other tests may use the same database. */
  private async dump() {
    const dump = await this.database.dump();
    const mine = (conversationId: string): boolean => this.conversations.has(conversationId);
    return {
      conversations: dump.conversations.filter(({ id }) => mine(id)),
      memberships: dump.memberships.filter(({ conversationId }) => mine(conversationId)),
      messages: dump.messages.filter(({ conversationId }) => mine(conversationId)),
      marks: dump.marks?.filter(({ conversationId }) => mine(conversationId)) ?? [],
    };
  }

  private readFresh(userId: string): Promise<FinalRead> {
    const deviceId = mintId();
    const token = this.system.issuer.token({ userId, deviceId });
    return freshRead(this.system.url, token, { userId, deviceId }, this.conversations);
  }
}
