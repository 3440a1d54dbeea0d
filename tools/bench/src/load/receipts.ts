import { type ReceiptSummarized } from '@parley/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import { LatencyHistogram } from '../measure/latency-histogram.js';
import { Fleet } from './fleet.js';
import { startLoadCpu } from './load-cpu.js';
import { MessageWriter } from './message-writer.js';
import { seqOf } from './packet-fields.js';
import { clock } from './pacing.js';
import { type ReceiptsLoad, type ReceiptsLoadResult } from './requests.js';

const SUMMARIZED = Buffer.from('42["receipt.summarized"');
/** Answers with these numbers are to receipts, those below to messages. */
const RECEIPTS_FROM = 1_000_000_000;
/** How long every message process may take to know all sessions. */
const SESSIONS_KNOWN_WITHIN_MS = 2_000;
/** Between two messages: longer than the least time between two summaries, so that none helps the next. */
const BETWEEN_MS = 1_500;
const PATIENCE_MS = 20_000;

/** Writes one message after the other, each when all have read the one before. */
export async function runReceipts(load: ReceiptsLoad): Promise<ReceiptsLoadResult> {
  const group = new Readers(load);
  await group.fleet.connectAll();
  await sleep(SESSIONS_KNOWN_WITHIN_MS);
  for (let count = 0; count < load.warmUp; count += 1) await group.untilAllRead(false);
  const cpu = startLoadCpu();
  const begin = clock();
  for (let count = 0; count < load.messages; count += 1) await group.untilAllRead(true);
  const seconds = (clock() - begin) / 1000;
  const clientCpuSeconds = cpu();
  group.fleet.closeAll();
  group.writer.writeRecording();
  const { allRead, deliver, summaries, lastSeq, refused, fleet } = group;
  return {
    seconds,
    allRead: allRead.summary(),
    deliver: deliver.summary(),
    summaries: summaries / load.messages,
    lastSeq,
    refused,
    lost: fleet.lost,
    clientCpuSeconds,
  };
}

class Readers {
  readonly fleet: Fleet;
  readonly writer: MessageWriter;
  readonly allRead = new LatencyHistogram();
  readonly deliver = new LatencyHistogram();
  readonly refused: Record<string, number> = {};
  summaries = 0;
  lastSeq = 0;
  private sentAt = 0;
  private counts = false;
  private receipts = 0;
  private readCount = 0;
  private heard: () => void = () => undefined;

  constructor(private readonly load: ReceiptsLoad) {
    this.writer = new MessageWriter(load);
    this.fleet = new Fleet(load.devices, {
      answered: (_device, number, ok, answer) => this.answered(number, ok, answer),
      event: (device, packet) => this.event(device, packet),
      lost: () => undefined,
    });
  }

  async untilAllRead(counts: boolean): Promise<void> {
    this.counts = counts;
    this.readCount = 0;
    this.sentAt = clock();
    // A summary may come before the ack: it counts when it names the next seq.
    this.lastSeq += 1;
    const { seq } = await this.writer.send(this.fleet, 0, 0);
    if (seq !== this.lastSeq) throw new Error(`somebody else writes: seq ${seq} in place of ${this.lastSeq}`);
    const others = this.load.devices.length - 1;
    const deadline = this.sentAt + PATIENCE_MS;
    while (this.readCount < others) {
      if (clock() > deadline)
        throw new Error(`${this.readCount} of ${others} have read after ${PATIENCE_MS} ms`);
      await this.nextSummary(deadline - clock());
    }
    await sleep(BETWEEN_MS);
  }

  private nextSummary(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs + 1);
      this.heard = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private answered(number: number, ok: boolean, answer: Buffer): void {
    if (number < RECEIPTS_FROM) return this.writer.answered(number, answer);
    if (ok) return;
    const code = /"code":"([A-Z_]+)"/.exec(answer.toString('latin1'))?.[1] ?? 'no code';
    this.refused[code] = (this.refused[code] ?? 0) + 1;
  }

  private event(device: number, packet: Buffer): void {
    if (device === 0 && packet.indexOf(SUMMARIZED) === 0) return this.summarized(packet);
    if (this.writer.delivered(device, packet) < 0) return;
    if (this.counts) this.deliver.record(clock() - this.sentAt);
    const conversationId = this.load.conversations[0]?.id;
    this.receipts += 1;
    const body = `{"conversationId":"${conversationId}","readSeq":${seqOf(packet)}}`;
    this.fleet.sessions[device]?.send(RECEIPTS_FROM + this.receipts, 'receipt.advance', body);
  }

  private summarized(packet: Buffer): void {
    const text = packet.toString();
    const [, { counts }] = JSON.parse(text.slice(text.indexOf('['))) as [string, ReceiptSummarized];
    if (this.counts) this.summaries += 1;
    const readCount = counts.find(({ seq }) => seq === this.lastSeq)?.readCount ?? 0;
    if (readCount === this.load.devices.length - 1 && this.readCount < readCount && this.counts)
      this.allRead.record(clock() - this.sentAt);
    this.readCount = Math.max(this.readCount, readCount);
    this.heard();
  }
}
