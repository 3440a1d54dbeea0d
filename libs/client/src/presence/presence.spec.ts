import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type Ack, type Presence, type PresenceSnapshot } from '@parley/contracts';
import { timing } from '@parley/contracts/constants';
import { refused } from '../outbox/testing/scripted-link.js';
import { PresenceWatch } from './presence.js';

const person = (userId: string, status: Presence['status'], version: number): Presence => ({
  userId,
  status,
  lastActiveAt: null,
  version,
});

/** A service of which the test says whom one may see, and a gateway that keeps what it was told. */
const setUp = () => {
  const visible = new Map<string, Presence>();
  const requests: [string, object][] = [];
  const refusals: Ack<never>[] = [];
  const told: (Presence | string)[] = [];
  let snapshots = 0;
  const link = {
    request: async <Data>(command: string, body: object): Promise<Ack<Data>> => {
      requests.push([command, body]);
      return refusals.shift() ?? { ok: true, data: {} as Data };
    },
  };
  const api = {
    request: async <Answer>(_: string, __: string, { query }: { query?: object } = {}): Promise<Answer> => {
      const { userIds } = query as { userIds: string };
      snapshots += 1;
      const items = userIds.split(',').flatMap((id) => visible.get(id) ?? []);
      const answer: PresenceSnapshot = { items, grant: `grant ${snapshots}` };
      return answer as Answer;
    },
  };
  const presence = new PresenceWatch(link, api, {
    changed: (each) => told.push(each),
    hidden: (userId) => told.push(userId),
  });
  const show = (...people: Presence[]): void => people.forEach((each) => visible.set(each.userId, each));
  const grants = (): object[] =>
    requests.filter(([name]) => name === 'presence.watch').map(([, body]) => body);
  return { presence, requests, refusals, told, visible, show, grants };
};

const online = person('ada', 'online', 2);

describe('watching people', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  test('takes the snapshot, then live changes, and of both what is newer', async () => {
    const { presence, told, show, grants } = setUp();
    show(online);
    presence.sessionBegan();
    await presence.watch(['ada']);
    expect(grants()).toEqual([{ grant: 'grant 1' }]);
    presence.hear(person('ada', 'offline', 1));
    expect(presence.of('ada')).toEqual(online);
    presence.hear(person('ada', 'away', 3));
    presence.hear(person('bob', 'online', 1));
    expect(told).toEqual([online, person('ada', 'away', 3)]);
  });

  test('leaves a server in peace for as long as it asks for', async () => {
    const { presence, refusals, show, grants } = setUp();
    show(online);
    await presence.watch(['ada']);
    refusals.push(refused('OVERLOADED', 'none', true, 20_000));
    presence.sessionBegan();
    await jest.advanceTimersByTimeAsync(19_000);
    expect(grants()).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(3_000);
    expect(grants()).toHaveLength(2);
    presence.sessionLost();
  });

  test('begins when there is a session, and again with each new one and each resync', async () => {
    const { presence, show, grants } = setUp();
    show(online);
    await presence.watch(['ada']);
    expect(grants()).toEqual([]);
    for (const count of [1, 2]) {
      presence.sessionBegan();
      await jest.advanceTimersByTimeAsync(0);
      expect(grants()).toHaveLength(count);
    }
    presence.sessionLost();
    await jest.advanceTimersByTimeAsync(timing.presenceGrantLifeMs);
    expect(grants()).toHaveLength(2);
  });

  test('never lets a grant end, also when renewing it fails for a while', async () => {
    const { presence, refusals, show, grants } = setUp();
    show(online);
    presence.sessionBegan();
    await presence.watch(['ada']);
    for (let renewals = 1; renewals <= 3; renewals += 1) {
      await jest.advanceTimersByTimeAsync(timing.presenceGrantLifeMs * 0.81);
      expect(grants().length).toBeGreaterThan(renewals);
    }
    const before = grants().length;
    refusals.push(refused('UNAVAILABLE', 'none', true), refused('UNAVAILABLE', 'none', true));
    await jest.advanceTimersByTimeAsync(timing.presenceGrantLifeMs * 0.81 + 5_000);
    expect(grants().length).toBeGreaterThanOrEqual(before + 3);
  });

  test('lets go of whom one may not see any more, and shows them again when one may', async () => {
    const { presence, told, visible, requests, show } = setUp();
    show(online);
    presence.sessionBegan();
    await presence.watch(['ada']);
    visible.clear();
    await jest.advanceTimersByTimeAsync(timing.presenceGrantLifeMs);
    expect(told).toEqual([online, 'ada']);
    expect(requests).toContainEqual(['presence.unwatch', { userIds: ['ada'] }]);
    presence.hear(person('ada', 'away', 3));
    expect(presence.of('ada')).toBeUndefined();
    show(online);
    await jest.advanceTimersByTimeAsync(timing.presenceGrantLifeMs);
    expect(presence.of('ada')).toEqual(online);
  });

  test('that is refused says so, and is no watching', async () => {
    const { presence, refusals, show, grants } = setUp();
    show(online);
    presence.sessionBegan();
    refusals.push(refused('TOO_LARGE', 'none', false));
    await expect(presence.watch(['ada'])).rejects.toMatchObject({ code: 'TOO_LARGE' });
    expect(presence.of('ada')).toBeUndefined();
    await jest.advanceTimersByTimeAsync(timing.presenceGrantLifeMs);
    expect(grants()).toHaveLength(1);
  });

  test('of more people than a session may watch is refused, also while there is none', async () => {
    const { presence, show, grants } = setUp();
    show(online);
    const crowd = Array.from({ length: 499 }, (_, number) => `person ${number}`);
    await presence.watch(['ada']);
    await presence.watch(crowd);
    await presence.watch(crowd);
    await expect(presence.watch(['ada', 'bob'])).rejects.toMatchObject({
      code: 'TOO_LARGE',
      retryable: false,
    });
    presence.sessionBegan();
    await jest.advanceTimersByTimeAsync(0);
    expect(presence.of('ada')).toEqual(online);
    expect(grants()).toHaveLength(1);
    presence.sessionLost();
  });

  test('goes on until everybody who watches has ended it', async () => {
    const { presence, refusals, requests, show } = setUp();
    show(online);
    presence.sessionBegan();
    await presence.watch(['ada']);
    await presence.watch(['ada']);
    refusals.push(refused('UNAVAILABLE', 'none', true));
    await expect(presence.watch(['ada'])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    presence.unwatch(['ada']);
    expect(presence.of('ada')).toEqual(online);
    presence.unwatch(['ada']);
    expect(presence.of('ada')).toBeUndefined();
    expect(requests.filter(([name]) => name === 'presence.unwatch')).toHaveLength(1);
    presence.sessionLost();
  });

  test('ends at once when it is ended', async () => {
    const { presence, requests, show } = setUp();
    show(online);
    presence.sessionBegan();
    await presence.watch(['ada']);
    presence.unwatch(['ada']);
    expect(requests.at(-1)).toEqual(['presence.unwatch', { userIds: ['ada'] }]);
    presence.hear(person('ada', 'away', 3));
    expect(presence.of('ada')).toBeUndefined();
  });
});

describe('whether this device is in use', () => {
  const reports = (requests: [string, object][]) => requests.map(([, body]) => body);

  test('is told when it changes, again when it did not get through, and to each new session', async () => {
    jest.useFakeTimers();
    const { presence, requests, refusals } = setUp();
    presence.sessionBegan();
    refusals.push(refused('RATE_LIMITED', 'none', true, 2_000));
    presence.report('idle');
    presence.report('idle');
    await jest.advanceTimersByTimeAsync(1_900);
    expect(reports(requests)).toEqual([{ state: 'idle' }]);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(reports(requests)).toEqual([{ state: 'idle' }, { state: 'idle' }]);
    presence.sessionBegan();
    expect(reports(requests)).toHaveLength(3);
    presence.report('active');
    await jest.advanceTimersByTimeAsync(10);
    expect(reports(requests).slice(3)).toEqual([{ state: 'active' }]);
    jest.useRealTimers();
  });
});
