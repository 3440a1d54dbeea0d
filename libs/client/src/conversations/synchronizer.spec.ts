import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import {
  type OwnMark,
  type SyncedConversation,
  type SyncOverview,
  type SyncResponse,
} from '@parley/contracts';
import { RequestFailed } from '../failure.js';
import { ConversationStates } from './conversation-states.js';
import { defaultSyncTimes, Synchronizer, type SyncSource } from './synchronizer.js';
import { ModelServer } from './testing/model-server.js';

/** A server with one conversation that may be away, and that counts what it is asked. */
class Source implements SyncSource {
  readonly server = new ModelServer();
  readonly asked: Record<string, number>[] = [];
  overviews = 0;
  readonly since: (string | undefined)[] = [];
  marks: OwnMark[] = [];
  historyEpoch = 'first';
  away = false;
  failure = new Error('away');
  member = true;

  overview = async (since?: string): Promise<SyncOverview> => {
    this.overviews += 1;
    if (this.away) throw this.failure;
    this.since.push(since);
    const { version } = this.server;
    const conversationId = 'conversation';
    const moved = this.member
      ? { conversationId, version }
      : { conversationId, version: 9, left: true as const };
    const { historyEpoch, marks } = this;
    return { moved: [moved], marks, historyEpoch, next: `after ${this.overviews}` };
  };

  sync = async (cursors: Record<string, number>): Promise<SyncResponse> => {
    if (this.away) throw this.failure;
    this.asked.push(cursors);
    const answer = (cursor: number): SyncedConversation =>
      this.member
        ? this.server.sync(cursor)
        : { messages: [], members: [], toVersion: 9, left: true, leftVersion: 9 };
    return {
      conversations: Object.fromEntries(Object.entries(cursors).map(([id, cursor]) => [id, answer(cursor)])),
      historyEpoch: 'first',
    };
  };
}

const setUp = () => {
  const source = new Source();
  const states: ConversationStates = new ConversationStates({
    changed: () => undefined,
    synced: () => undefined,
    begunAnew: () => undefined,
    missing: (id, unknown) => (unknown ? synchronizer.fetch(id) : synchronizer.fillLater(id)),
  });
  const marks: OwnMark[] = [];
  const synchronizer: Synchronizer = new Synchronizer(source, states, defaultSyncTimes, (mark) =>
    marks.push(mark),
  );
  const lastEvent = () => {
    const event = source.server.events.at(-1);
    if (!event) throw new Error('nothing was told yet');
    return event;
  };
  return { source, states, synchronizer, lastEvent, marks };
};

describe('the synchronizer', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  const time = (milliseconds: number) => jest.advanceTimersByTimeAsync(milliseconds);

  test('catches up when a session begins, once more within 8 s, and then rarely', async () => {
    // Halfway between the earliest and the latest.
    jest.spyOn(Math, 'random').mockReturnValue(0.5);
    const { source, states, synchronizer } = setUp();
    source.server.create();
    synchronizer.sessionBegan();
    await time(0);
    expect(states.get('conversation')?.version).toBe(2);
    expect(source.overviews).toBe(1);
    await time(8_000);
    expect(source.overviews).toBe(2);
    await time(120_000);
    expect(source.overviews).toBe(2);
    await time(240_000);
    expect(source.overviews).toBe(3);
    synchronizer.sessionLost();
  });

  test('asks only for conversations that moved', async () => {
    const { source, synchronizer } = setUp();
    synchronizer.sessionBegan();
    await time(8_000);
    expect(source.asked).toEqual([{ conversation: 0 }]);
    synchronizer.sessionLost();
  });

  test('waits a second before it fills a hole, and not at all when the hole fills by itself', async () => {
    const { source, states, synchronizer, lastEvent } = setUp();
    synchronizer.sessionBegan();
    await time(8_000);
    source.server.create();
    const late = lastEvent();
    source.server.create();
    states.event(lastEvent());
    await time(900);
    states.event(late);
    await time(1_000);
    expect(source.asked).toHaveLength(1);
    source.server.create();
    source.server.create();
    states.event(lastEvent());
    await time(1_100);
    expect(source.asked).toEqual([{ conversation: 0 }, { conversation: 3 }]);
    expect(states.get('conversation')).toMatchObject({ version: 5, incomplete: false });
    synchronizer.sessionLost();
  });

  test('fetches an unknown conversation at once', async () => {
    const { source, states, synchronizer, lastEvent } = setUp();
    source.member = false;
    synchronizer.sessionBegan();
    await time(100);
    source.member = true;
    source.server.create();
    states.event(lastEvent());
    await time(0);
    expect(states.get('conversation')?.messages.size).toBe(1);
    synchronizer.sessionLost();
  });

  test('keeps asking while the server is away', async () => {
    const { source, states, synchronizer } = setUp();
    source.away = true;
    synchronizer.sessionBegan();
    await time(30_000);
    expect(source.overviews).toBeGreaterThan(3);
    expect(source.overviews).toBeLessThan(20);
    source.away = false;
    await time(15_000);
    expect(states.get('conversation')?.known).toBe(true);
    synchronizer.sessionLost();
  });

  test('leaves a server in peace for as long as it asks for', async () => {
    const { source, states, synchronizer } = setUp();
    const overloaded = {
      code: 'OVERLOADED',
      message: '',
      retryable: true,
      outcome: 'none',
      requestId: 'r',
    } as const;
    source.failure = new RequestFailed({ ...overloaded, retryAfterMs: 60_000 }, true);
    source.away = true;
    synchronizer.sessionBegan();
    await time(59_000);
    expect(source.overviews).toBe(1);
    source.away = false;
    await time(12_000);
    expect(states.get('conversation')?.known).toBe(true);
    synchronizer.sessionLost();
  });

  test('asks at once when a session begins, however long it failed before', async () => {
    const { source, states, synchronizer } = setUp();
    source.away = true;
    synchronizer.sessionBegan();
    await time(60_000);
    synchronizer.sessionLost();
    source.away = false;
    synchronizer.sessionBegan();
    await time(10);
    expect(states.get('conversation')?.known).toBe(true);
    synchronizer.sessionLost();
  });

  test('finds out that one is no member any more', async () => {
    const { source, states, synchronizer } = setUp();
    synchronizer.sessionBegan();
    await time(8_000);
    source.member = false;
    synchronizer.catchUp();
    await time(0);
    expect(states.get('conversation')?.leftVersion).toBe(9);
    synchronizer.catchUp();
    await time(0);
    expect(source.asked).toHaveLength(2);
    synchronizer.sessionLost();
  });

  test('asks on from where the last overview ended, and passes on the marks of one’s other devices', async () => {
    const { source, synchronizer, marks } = setUp();
    source.marks = [{ conversationId: 'conversation', deliveredSeq: 3, readSeq: 2 }];
    synchronizer.sessionBegan();
    await time(8_000);
    expect(source.since).toEqual([undefined, 'after 1']);
    expect(marks[0]).toEqual({ conversationId: 'conversation', deliveredSeq: 3, readSeq: 2 });
    synchronizer.sessionLost();
  });

  test('forgets everything and begins anew when the server has another history', async () => {
    const { source, states, synchronizer } = setUp();
    source.server.create();
    source.server.create();
    synchronizer.sessionBegan();
    await time(8_000);
    expect(states.get('conversation')?.messages.size).toBe(2);
    source.historyEpoch = 'restored';
    source.server.restoreBackup(1);
    synchronizer.catchUp();
    await time(0);
    expect(source.asked.at(-1)).toEqual({ conversation: 0 });
    expect([...(states.get('conversation')?.messages.keys() ?? [])]).toEqual([1]);
    expect(states.get('conversation')?.version).toBe(2);
    synchronizer.sessionLost();
  });

  test('is complete without a session when the next one has caught up, not when the attempt was cut off', async () => {
    const { source, states, synchronizer } = setUp();
    source.server.create();
    let known: boolean | undefined;
    const complete = synchronizer.complete().then(() => (known = states.get('conversation')?.known));
    await time(60_000);
    expect(source.overviews).toBe(0);
    source.away = true;
    synchronizer.sessionBegan();
    await time(2_000);
    synchronizer.sessionLost();
    await time(60_000);
    expect(known).toBeUndefined();
    source.away = false;
    synchronizer.sessionBegan();
    await time(0);
    await complete;
    expect(known).toBe(true);
    synchronizer.sessionLost();
  });

  test('asks anew for whoever wants it complete while an answer is on its way', async () => {
    const { source, synchronizer } = setUp();
    synchronizer.sessionBegan();
    const complete = synchronizer.complete();
    await time(0);
    await complete;
    expect(source.overviews).toBe(2);
    synchronizer.sessionLost();
  });

  test('asks for nothing after the session is lost', async () => {
    const { source, states, synchronizer, lastEvent } = setUp();
    synchronizer.sessionBegan();
    await time(0);
    source.server.create();
    source.server.create();
    states.event(lastEvent());
    synchronizer.sessionLost();
    await time(600_000);
    expect(source.asked).toHaveLength(1);
    expect(source.overviews).toBe(1);
  });
});
