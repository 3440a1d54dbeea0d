import { type Ack, type Message, type MessageSent } from '@parley/contracts';
import {
  type Attempt,
  type Delivered,
  detailsOf,
  type Entry,
  type Row,
  type Stamp,
} from '@parley/e2e/history';
import { type RecordedLoad } from '../load/job.js';
import { textOf } from '../load/message-numbers.js';
import { type Recording } from '../load/recording.js';

type Sighting = Pick<Delivered, 'event' | 'conversationId' | 'version' | 'message'>;

/** Makes the log that the history checker reads of what a load recorded, in order of time. */
export function historyEntries(recording: Recording, job: RecordedLoad): Entry[] {
  return [...sendEntries(recording, job), ...deliveryEntries(recording, job)].sort(
    (left, right) => left.at - right.at,
  );
}

function stamp(job: RecordedLoad, device: number, at: number): Stamp {
  const { userId, deviceId } = job.devices[device] ?? { userId: 'unknown', deviceId: 'unknown' };
  return { at, user: userId, device: deviceId, session: null };
}

function* sendEntries({ send }: Recording, job: RecordedLoad): Generator<Entry> {
  for (const [number, id] of send.id.entries()) {
    const conversationId = job.conversations[send.conversation[number] ?? -1]?.id ?? 'unknown';
    const attempt: Attempt = { operation: 'send', conversationId, id, commandId: id };
    const device = send.device[number] ?? -1;
    const text = textOf(number, job.textLength);
    yield { kind: 'invoke', ...stamp(job, device, send.invokedAt[number] ?? 0), ...attempt, text };
    const answer = send.answer[number];
    if (answer === undefined) continue;
    const answeredAt = stamp(job, device, send.answeredAt[number] ?? 0);
    const [ack] = JSON.parse(Buffer.from(answer).toString()) as [Ack<MessageSent>];
    if (ack.ok) {
      const { seq, version } = ack.data.message;
      yield { kind: 'ok', ...answeredAt, ...attempt, seq, version };
    } else {
      const { code, outcome } = ack.error;
      // Whether a refusal was stored is not looked at: no id is ever sent twice here.
      yield { kind: 'fail', ...answeredAt, ...attempt, code, outcome, stored: false };
    }
  }
}

/** Devices that got the same bytes share what was parsed of them: a run can have millions of deliveries. */
function* deliveryEntries(
  { firstFrame, otherFrames, delivery }: Recording,
  job: RecordedLoad,
): Generator<Entry> {
  const first = firstFrame.map((frame) => frame && sightingOf(frame));
  const others = otherFrames.map(sightingOf);
  for (const [index, at] of delivery.at.entries()) {
    const frame = delivery.frame[index] ?? 0;
    const sighting = frame >= 0 ? first[frame] : others[-frame - 1];
    if (sighting === undefined) throw new Error(`delivery ${index} has no frame`);
    const { event, conversationId, version, message } = sighting;
    const { user, device, session } = stamp(job, delivery.device[index] ?? -1, at);
    yield { kind: 'delivery', at, user, device, session, event, conversationId, version, message };
  }
}

/** `42["message.created",{…}]` */
function sightingOf(frame: Uint8Array): Sighting {
  const packet = Buffer.from(frame).toString();
  const [event, body] = JSON.parse(packet.slice(packet.indexOf('['))) as [
    string,
    { conversationId: string; version: number; message: Message | null },
  ];
  const message = body.message && rowOf(body.message);
  return { event, conversationId: body.conversationId, version: body.version, message };
}

function rowOf(message: Message): Row {
  const { id, seq, version, createdVersion, senderId, text, deletedAt } = message;
  const row = { id, seq, version, createdVersion, senderId, text: deletedAt === null ? text : null };
  return { ...row, ...detailsOf(message) };
}
