import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Pace, type TrafficJob } from './job.js';
import { clock } from './pacing.js';
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

  /** However slow the machine is, the interval lasts until so many have been sent. */
  const run = async (made: Traffic, sends: number) => {
    const lasting = async (milliseconds: number) => {
      await sleep(milliseconds);
      while (chat.sends < sends) await sleep(10);
    };
    made.start();
    const result = await made.finish(await made.measure(0.3, lasting), 30_000, sleep);
    made.fleet.closeAll();
    return result;
  };

  test('keeps so many in flight, counts and records what comes back', async () => {
    const made = await traffic({ kind: 'closed', inFlight: 4 });
    const result = await run(made, 60);
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
    const began = clock();
    const result = await run(made, 21);
    const times = [...made.recording().send.invokedAt];
    expect(times.length).toBeGreaterThan(20);
    times.forEach((time, index) => expect(time - began).toBeGreaterThanOrEqual(index * 5));
    expect(result.unanswered).toBe(0);
  });

  test('counts refusals by their code and does not storm a server that refuses', async () => {
    chat.refuse = () => 'OVERLOADED';
    const made = await traffic({ kind: 'closed', inFlight: 4 });
    const began = clock();
    const result = await run(made, 4);
    expect(result.acked).toBe(0);
    // Four in flight, each again after 100 ms.
    const rounds = Math.ceil((clock() - began) / 100) + 1;
    expect(result.refused['OVERLOADED']).toBeLessThanOrEqual(4 * rounds);
    expect(result.unanswered).toBe(0);
  });

  test('counts lost sessions and what was under way on them', async () => {
    const made = await traffic({ kind: 'closed', inFlight: 4 });
    chat.refuse = () => {
      chat.dropAll();
      return 'INTERNAL';
    };
    const result = await run(made, 1);
    expect(Object.values(result.lost).reduce((sum, count) => sum + count, 0)).toBe(3);
    expect(result.acked).toBe(0);
    expect(result.unanswered).toBeGreaterThan(0);
  });
});
