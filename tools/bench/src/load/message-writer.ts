import { type Ack, type MessageSent } from '@parley/contracts';
import { writeFileSync } from 'node:fs';
import { serialize } from 'node:v8';
import { type Fleet } from './fleet.js';
import { type RecordedLoad } from './job.js';
import { MessageNumbers, textOf } from './message-numbers.js';
import { clock } from './pacing.js';
import { Recorder } from './recording.js';

export interface Written {
  number: number;
  seq: number;
  version: number;
}

interface UnderWay {
  written(answer: Written): void;
  failed(error: Error): void;
}

/** Sends one message after the other where each counts by itself, and keeps what comes back for the history check. */
export class MessageWriter {
  private readonly numbers = new MessageNumbers();
  private readonly recorder = new Recorder();
  private readonly underWay = new Map<number, UnderWay>();

  constructor(private readonly load: RecordedLoad) {}

  /** Resolves with the ack. @throws Error with the refusal, or when there is no session */
  send(fleet: Fleet, conversation: number, device: number): Promise<Written> {
    const session = fleet.sessions[device];
    const conversationId = this.load.conversations[conversation]?.id;
    if (session === undefined) return Promise.reject(new Error(`device ${device} has no session to send on`));
    const now = clock();
    const number = this.recorder.sends;
    const id = this.numbers.id(number, now);
    this.recorder.sent(conversation, device, id, now);
    return new Promise((written, failed) => {
      this.underWay.set(number, { written, failed });
      const text = textOf(number, this.load.textLength);
      session.send(
        number,
        'message.send',
        `{"conversationId":"${conversationId}","id":"${id}","text":"${text}"}`,
      );
    });
  }

  /** Takes an answer; one that is not to a message is left alone. */
  answered(number: number, answer: Buffer): void {
    const waiting = this.underWay.get(number);
    if (waiting === undefined) return;
    this.underWay.delete(number);
    this.recorder.answered(number, answer, clock());
    const [ack] = JSON.parse(answer.toString()) as [Ack<MessageSent>];
    if (ack.ok) waiting.written({ number, seq: ack.data.message.seq, version: ack.data.message.version });
    else waiting.failed(new Error(`a message was refused: ${ack.error.code}`));
  }

  /** The number of the message that came; -1 where it is none of these. */
  delivered(device: number, packet: Buffer): number {
    const number = this.numbers.find(packet);
    if (number >= 0 && number < this.recorder.sends) this.recorder.delivered(number, device, packet, clock());
    return number;
  }

  writeRecording(): void {
    writeFileSync(this.load.recordingFile, serialize(this.recorder.finish()));
  }
}
