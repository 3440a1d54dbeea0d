import { LatencyHistogram } from '../measure/latency-histogram.js';
import { Fleet } from './fleet.js';
import { type EndlessTraffic, type TrafficResult } from './job.js';
import { MessageNumbers, textOf } from './message-numbers.js';
import { seqOf } from './packet-fields.js';
import { clock, createPacer, type Pacer } from './pacing.js';
import { Recorder, NumberColumn, type Recording } from './recording.js';

/** What is known when the measured interval ends; latencies of its messages may still come in. */
type Interval = Pick<TrafficResult, 'seconds' | 'acked' | 'deliveries' | 'clientCpuSeconds'>;

/** One of several intervals of the same traffic. */
export type IntervalResult = Interval & Pick<TrafficResult, 'ack' | 'deliver' | 'lag'>;

/** Answers with these numbers are to receipts, those below to messages. */
const RECEIPTS_FROM = 1_000_000_000;

/** Sends messages at the given pace and keeps what comes back. */
export class Traffic {
  readonly fleet: Fleet;
  private readonly numbers = new MessageNumbers();
  private readonly recorder = new Recorder();
  private readonly intendedAt = new NumberColumn();
  private readonly pacer: Pacer;
  private readonly turns: { conversation: number; device: number }[];
  private turn = 0;
  /** The device of each send without an answer. */
  private readonly underWay = new Map<number, number>();
  private unanswered = 0;
  private acked = 0;
  private expectedDeliveries = 0;
  private deliveries = 0;
  private readonly refused: Record<string, number> = {};
  private ack = new LatencyHistogram();
  private deliver = new LatencyHistogram();
  private lag = new LatencyHistogram();
  /** Sends intended from here to there count for latencies. */
  private windowBegin = Infinity;
  private windowEnd = Infinity;
  /** Whether each device says of each message it gets that it was read. */
  receiptsOn = false;
  private receipts = 0;

  constructor(private readonly job: EndlessTraffic) {
    this.fleet = new Fleet(job.devices, {
      answered: (_device, send, ok, answer) => this.answered(send, ok, answer),
      event: (device, packet) => this.event(device, packet),
      lost: (device) => this.lost(device),
    });
    this.turns = turnsOf(job);
    this.pacer = createPacer(job.pace, (intendedAt) => this.send(intendedAt));
  }

  start(): void {
    this.pacer.start();
  }

  /** Resolves after that time with what happened in it. */
  async measure(seconds: number, sleep: (ms: number) => Promise<void>): Promise<Interval> {
    const before = { acked: this.acked, deliveries: this.deliveries, cpu: process.cpuUsage() };
    this.windowBegin = clock();
    this.windowEnd = Infinity;
    await sleep(seconds * 1000);
    this.windowEnd = clock();
    const cpu = process.cpuUsage(before.cpu);
    return {
      seconds: (this.windowEnd - this.windowBegin) / 1000,
      acked: this.acked - before.acked,
      deliveries: this.deliveries - before.deliveries,
      clientCpuSeconds: (cpu.user + cpu.system) / 1e6,
    };
  }

  /** Latencies of that interval alone, the answers that come after its end included: they are the slowest. */
  async interval(
    seconds: number,
    patienceMs: number,
    sleep: (ms: number) => Promise<void>,
  ): Promise<IntervalResult> {
    [this.ack, this.deliver, this.lag] = [
      new LatencyHistogram(),
      new LatencyHistogram(),
      new LatencyHistogram(),
    ];
    const measured = await this.measure(seconds, sleep);
    const next = this.recorder.sends;
    const deadline = clock() + patienceMs;
    const isOneUnderWay = () => (this.underWay.keys().next().value ?? next) < next;
    while (clock() < deadline && isOneUnderWay()) await sleep(20);
    return {
      ...measured,
      ack: this.ack.summary(),
      deliver: this.deliver.summary(),
      lag: this.lag.summary(),
    };
  }

  /** Sends no more, and waits up to `patienceMs` for what is under way. */
  async finish(
    interval: Interval,
    patienceMs: number,
    sleep: (ms: number) => Promise<void>,
  ): Promise<TrafficResult> {
    this.pacer.stop();
    const deadline = clock() + patienceMs;
    while (clock() < deadline && (this.underWay.size > 0 || this.deliveries < this.expectedDeliveries))
      await sleep(50);
    return {
      ...interval,
      kind: 'traffic',
      ack: this.ack.summary(),
      deliver: this.deliver.summary(),
      lag: this.lag.summary(),
      refused: this.refused,
      unanswered: this.unanswered + this.underWay.size,
      undelivered: Math.max(0, this.expectedDeliveries - this.deliveries),
      lost: this.fleet.lost,
    };
  }

  recording(): Recording {
    return this.recorder.finish();
  }

  private send(intendedAt: number): void {
    const turn = this.nextTurn();
    if (turn === undefined) return;
    const { conversation, device } = turn;
    const number = this.recorder.sends;
    const now = clock();
    const id = this.numbers.id(number, now);
    const conversationId = this.job.conversations[conversation]?.id;
    const text = textOf(number, this.job.textLength);
    this.recorder.sent(conversation, device, id, now);
    this.intendedAt.push(intendedAt);
    if (intendedAt >= this.windowBegin && intendedAt < this.windowEnd) this.lag.record(now - intendedAt);
    this.underWay.set(number, device);
    const body = `{"conversationId":"${conversationId}","id":"${id}","text":"${text}"}`;
    this.fleet.sessions[device]?.send(number, 'message.send', body);
  }

  /** The next member whose session lives; undefined when none does. */
  private nextTurn() {
    for (let tries = 0; tries < this.turns.length; tries += 1) {
      const turn = this.turns[this.turn];
      this.turn = (this.turn + 1) % this.turns.length;
      if (turn !== undefined && this.fleet.sessions[turn.device] !== undefined) return turn;
    }
    return undefined;
  }

  private answered(send: number, ok: boolean, answer: Buffer): void {
    if (send >= RECEIPTS_FROM) return this.receiptAnswered(ok, answer);
    const now = clock();
    this.recorder.answered(send, answer, now);
    this.underWay.delete(send);
    if (ok) {
      this.acked += 1;
      const members = this.job.conversations[this.recorder.conversationOf(send)]?.devices.length ?? 1;
      this.expectedDeliveries += members - 1;
      this.record(this.ack, send, now);
    } else {
      this.countRefusal(codeOf(answer));
    }
    this.pacer.answered(ok);
  }

  private receiptAnswered(ok: boolean, answer: Buffer): void {
    if (!ok) this.countRefusal(`receipt ${codeOf(answer)}`);
  }

  private countRefusal(reason: string): void {
    this.refused[reason] = (this.refused[reason] ?? 0) + 1;
  }

  /** What was under way on a lost session will not be answered. */
  private lost(device: number): void {
    for (const [send, sender] of this.underWay) {
      if (sender !== device) continue;
      this.underWay.delete(send);
      this.unanswered += 1;
      this.pacer.answered(false);
    }
  }

  private event(device: number, packet: Buffer): void {
    const send = this.numbers.find(packet);
    if (send < 0 || send >= this.recorder.sends) return;
    const now = clock();
    this.deliveries += 1;
    this.recorder.delivered(send, device, packet, now);
    this.record(this.deliver, send, now);
    if (this.receiptsOn) this.tellRead(device, send, packet);
  }

  private tellRead(device: number, send: number, packet: Buffer): void {
    const conversationId = this.job.conversations[this.recorder.conversationOf(send)]?.id;
    const body = `{"conversationId":"${conversationId}","readSeq":${seqOf(packet)}}`;
    this.receipts += 1;
    this.fleet.sessions[device]?.send(RECEIPTS_FROM + this.receipts, 'receipt.advance', body);
  }

  private record(histogram: LatencyHistogram, send: number, now: number): void {
    const intendedAt = this.intendedAt.at(send);
    if (intendedAt >= this.windowBegin && intendedAt < this.windowEnd) histogram.record(now - intendedAt);
  }
}

function codeOf(answer: Buffer): string {
  return /"code":"([A-Z_]+)"/.exec(answer.toString('latin1'))?.[1] ?? 'no code';
}

/** Goes over all conversations before the same one comes again with its next member. */
function turnsOf(job: EndlessTraffic): { conversation: number; device: number }[] {
  const members = Math.max(...job.conversations.map(({ devices }) => devices.length));
  return Array.from({ length: members }, (_, member) =>
    job.conversations.flatMap(({ devices }, conversation) => {
      const device = devices[member];
      return device === undefined ? [] : [{ conversation, device }];
    }),
  ).flat();
}
