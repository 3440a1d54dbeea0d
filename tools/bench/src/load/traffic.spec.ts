import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Pace, type TrafficJob } from './job.js';
import { TinyChat } from './testing/tiny-chat.js';
import { Traffic } from './traffic.js';

const conversationId = '11111111-1111-4111-8111-111111111111';

describe('Traffic', () => {
  let chat: TinyChat;

  beforeEach(() => {
    chat = new TinyChat();
  });

  afterEach(() => {
    chat.stop();
  });

  const traffic = async (pace: Pace): Promise<Traffic> => {
    const gateway = await chat.url();
    const devices = ['a', 'b', 'c'].map((name) => ({
      userId: name,
      deviceId: name,
      token: 'token',
      gateway,
    }));
    const job: TrafficJob = {
      kind: 'traffic',
      devices,
      conversations: [{ id: conversationId, devices: [0, 1, 2] }],
      pace,
      textLength: 20,
      warmUpSeconds: 0,
      seconds: 0.3,
      recordingFile: '',
    };
    const made = new Traffic(job);
    await made.fleet.connectAll();
    return made;
  };

  const run = async (made: Traffic) => {
    made.start();
    const result = await made.finish(await made.measure(0.3, sleep), 2_000, sleep);
    made.fleet.closeAll();
    return result;
  };

  test('keeps so many in flight, counts and records what comes back', async () => {
    const made = await traffic({ kind: 'closed', inFlight: 4 });
    const result = await run(made);
    const { send, firstFrame, otherFrames, delivery } = made.recording();
    expect(chat.devices.sort()).toEqual(['a', 'b', 'c']);
    expect(result).toMatchObject({ unanswered: 0, undelivered: 0, refused: {}, lost: {} });
    expect(result.acked).toBeGreaterThan(50);
    expect(new Set(send.id).size).toBe(send.id.length);
    expect(new Set(send.device)).toEqual(new Set([0, 1, 2]));
    expect(delivery.at).toHaveLength(send.id.length * 2);
    expect(otherFrames).toEqual([]);
    const last = send.id.length - 1;
    expect(Buffer.from(firstFrame[last] ?? []).toString()).toContain(`"id":"${send.id[last]}"`);
    expect(Buffer.from(send.answer[last] ?? []).toString()).toContain(`"id":"${send.id[last]}"`);
    expect(send.answeredAt[last]).toBeGreaterThan(send.invokedAt[last] ?? Infinity);
    expect(result.ack.p50).toBeGreaterThan(0);
    expect(result.ack.p50).toBeLessThanOrEqual(result.ack.max);
  });

  test('sends at fixed times whatever the answers do', async () => {
    const made = await traffic({ kind: 'open', perSecond: 200 });
    const result = await run(made);
    const times = [...made.recording().send.invokedAt];
    expect(times.length).toBeGreaterThan(20);
    expect(times.length).toBeLessThan(90);
    const [first = 0, ...rest] = times;
    rest.forEach((time, index) => expect(time - first).toBeGreaterThanOrEqual((index + 1) * 5 - 60));
    expect(result.unanswered).toBe(0);
  });

  test('counts refusals by their code and does not storm a server that refuses', async () => {
    chat.refuse = () => 'OVERLOADED';
    const made = await traffic({ kind: 'closed', inFlight: 4 });
    const result = await run(made);
    expect(result.acked).toBe(0);
    expect(result.refused['OVERLOADED']).toBeLessThan(40);
    expect(result.unanswered).toBe(0);
  });

  test('counts lost sessions and what was under way on them', async () => {
    const made = await traffic({ kind: 'closed', inFlight: 4 });
    chat.refuse = () => {
      chat.dropAll();
      return 'INTERNAL';
    };
    const result = await run(made);
    expect(Object.values(result.lost).reduce((sum, count) => sum + count, 0)).toBe(3);
    expect(result.acked).toBe(0);
    expect(result.unanswered).toBeGreaterThan(0);
  });
});
