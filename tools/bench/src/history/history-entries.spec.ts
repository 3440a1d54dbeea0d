import { describe, expect, test } from '@jest/globals';
import { checkHistory, type History } from '@parley/e2e/history';
import { type TrafficJob } from '../load/job.js';
import { textOf } from '../load/message-numbers.js';
import { Recorder } from '../load/recording.js';
import { historyEntries } from './history-entries.js';

const job: TrafficJob = {
  kind: 'traffic',
  devices: ['ann', 'bob'].map((name) => ({
    userId: `user-${name}`,
    deviceId: `device-${name}`,
    token: '',
    gateway: '',
  })),
  conversations: [{ id: 'conversation', devices: [0, 1] }],
  pace: { kind: 'closed', inFlight: 1 },
  textLength: 10,
  warmUpSeconds: 0,
  seconds: 1,
  recordingFile: '',
};

const message = (number: number) => ({
  id: `id-${number}`,
  conversationId: 'conversation',
  seq: number + 1,
  version: number + 2,
  createdVersion: number + 2,
  senderId: 'user-ann',
  text: textOf(number, 10),
  replyTo: null,
  mentions: [],
  reactions: [],
  deletedAt: null,
});

const frame = (number: number, changed = {}) => {
  const body = {
    conversationId: 'conversation',
    version: number + 2,
    message: { ...message(number), ...changed },
  };
  return Buffer.from(`42["message.created",${JSON.stringify(body)}]`);
};

/** Ann sends two messages, gets acks for both, and Bob sees them. */
const recordedRun = (secondFrame = frame(1)): Recorder => {
  const recorder = new Recorder();
  for (const number of [0, 1]) {
    recorder.sent(0, 0, `id-${number}`, 10 * number + 1);
    const ack = { ok: true, data: { message: message(number), deduplicated: false } };
    recorder.answered(number, Buffer.from(JSON.stringify([ack])), 10 * number + 5);
  }
  recorder.delivered(0, 1, frame(0), 6);
  recorder.delivered(0, 0, frame(0), 7);
  recorder.delivered(1, 1, secondFrame, 16);
  return recorder;
};

const historyOf = (recorder: Recorder): History => ({
  entries: historyEntries(recorder.finish(), job),
  reads: [],
  dump: {
    conversations: [{ id: 'conversation', version: 3, lastSeq: 2 }],
    memberships: job.devices.map(({ userId }) => ({
      conversationId: 'conversation',
      userId,
      joinedVersion: 1,
      leftVersion: null,
      visibleFromSeq: 1,
    })),
    messages: [0, 1].map(message),
  },
});

describe('historyEntries', () => {
  test('tells in order of time who did and saw what', () => {
    const { entries } = historyOf(recordedRun());
    expect(entries.map(({ kind, at, device }) => [kind, at, device])).toEqual([
      ['invoke', 1, 'device-ann'],
      ['ok', 5, 'device-ann'],
      ['delivery', 6, 'device-bob'],
      ['delivery', 7, 'device-ann'],
      ['invoke', 11, 'device-ann'],
      ['ok', 15, 'device-ann'],
      ['delivery', 16, 'device-bob'],
    ]);
    expect(entries[5]).toMatchObject({ id: 'id-1', seq: 2, version: 3, user: 'user-ann' });
  });

  test('makes a history that the checker passes, having looked at all of it', () => {
    const verdict = checkHistory(historyOf(recordedRun()));
    expect(verdict.violations).toEqual([]);
    expect(verdict.checked).toMatchObject({ sends: 2, acked: 2, deliveries: 3, storedMessages: 2 });
  });

  test('keeps a frame that differs from the first one of its message, so that the checker sees it', () => {
    const recorder = recordedRun();
    recorder.delivered(1, 0, frame(1, { text: 'something else' }), 17);
    expect(Object.keys(checkHistory(historyOf(recorder)).counts)).toEqual(['rows-differ']);
  });

  test('logs a refusal with its code, and an unanswered send as only begun', () => {
    const recorder = recordedRun();
    recorder.sent(0, 1, 'id-2', 20);
    recorder.answered(
      2,
      Buffer.from(JSON.stringify([{ ok: false, error: { code: 'OVERLOADED', outcome: 'none' } }])),
      21,
    );
    recorder.sent(0, 1, 'id-3', 22);
    const { entries } = historyOf(recorder);
    expect(entries.slice(-3)).toMatchObject([
      { kind: 'invoke', id: 'id-2' },
      { kind: 'fail', id: 'id-2', code: 'OVERLOADED', outcome: 'none' },
      { kind: 'invoke', id: 'id-3' },
    ]);
  });
});
