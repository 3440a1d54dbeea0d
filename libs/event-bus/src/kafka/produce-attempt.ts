import { setTimeout as sleep } from 'node:timers/promises';
import type { BusLog } from '../bus-log.js';
import { Backoff } from '../consuming/backoff.js';
import type { TopicPartition, WrittenAt } from '../ports/records.js';
import { maxBundleBytes, type Packed } from './record-codec.js';
import { type ClusterClient, groupByTopic } from './wire/cluster-client.js';
import { encodeProduce } from './wire/encode-produce.js';
import { BrokerError, errorCode } from './wire/error-codes.js';

/** What one publish holds for one partition, in order. */
export interface PartitionWork extends TopicPartition {
  readonly queue: Packed[];
}

interface ProduceAnswer {
  readonly topics: readonly {
    readonly topicName: string;
    readonly partitions: readonly { partition: number; errorCode: number; baseOffset: string }[];
  }[];
}

/** A topic that the brokers do not know is asked for this often before its records count as failed. */
const unknownTopicAttempts = 3;

/**
 * With acks from all replicas a broker answers once the slowest partition is confirmed or its own time is up. It has
 * to answer before the client gives up, or the confirmed partitions count as unconfirmed too. Milliseconds.
 */
const answerReserveMs = 400;

/**
 * One publish: sends to every leader what belongs there and asks again for what was not confirmed, until all of it is,
 * cannot be, or the time is up. One partition's trouble holds up no other.
 */
export class ProduceAttempt {
  private readonly failed = new Map<number, string>();
  private readonly unknownAnswers = new Map<PartitionWork, number>();
  /** Topics that the brokers say do not exist. */
  readonly absentTopics = new Set<string>();
  private timeUp = false;

  constructor(
    private readonly client: ClusterClient,
    private works: PartitionWork[],
    private readonly deadline: number,
    private readonly log: BusLog,
  ) {}

  /** @returns the positions that were not confirmed, with the reason */
  async run(onWritten: (position: number, at: WrittenAt) => void): Promise<Map<number, string>> {
    let timer: NodeJS.Timeout | undefined;
    const timeOut = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.deadline - Date.now());
    });
    const report = (position: number, at: WrittenAt) => {
      if (!this.timeUp) onWritten(position, at);
    };
    await Promise.race([this.sendAll(report), timeOut]);
    clearTimeout(timer);
    this.timeUp = true;
    for (const work of this.works) this.fail(work, 'not confirmed in time');
    return this.failed;
  }

  private async sendAll(onWritten: (position: number, at: WrittenAt) => void): Promise<void> {
    const backoff = new Backoff({ minMs: 20, maxMs: 500 });
    for (let retrying = false; this.works.length > 0;) {
      if (retrying) await sleep(backoff.next());
      if (retrying || this.works.some((work) => this.client.leaderOf(work) === undefined)) {
        await this.askForLeaders();
      }
      // Nothing is left to send: batches without records, with no time for an answer, would cost the connection.
      if (this.timeUp) return;
      retrying = !(await this.sendRound(onWritten));
      this.works = this.works.filter((work) => work.queue.length > 0);
    }
  }

  private async askForLeaders(): Promise<void> {
    try {
      await this.client.refresh([...new Set(this.works.map((work) => work.topic))]);
    } catch (error) {
      this.log('warn', 'No broker tells who leads the partitions to write to', { error });
    }
  }

  /** Sends the next part of every partition's queue; true when all of them were confirmed. */
  private async sendRound(onWritten: (position: number, at: WrittenAt) => void): Promise<boolean> {
    const byLeader = new Map<number, PartitionWork[]>();
    let complete = true;
    for (const work of this.works) {
      const leader = this.client.leaderOf(work);
      if (leader === undefined) {
        complete = false;
        if (this.client.isUnknown(work.topic)) this.countUnknown(work);
      } else {
        const ofLeader = byLeader.get(leader);
        if (ofLeader) ofLeader.push(work);
        else byLeader.set(leader, [work]);
      }
    }
    const results = await Promise.all(
      [...byLeader].map(([leader, works]) => this.send(leader, works, onWritten)),
    );
    return complete && results.every(Boolean);
  }

  private async send(
    leader: number,
    works: PartitionWork[],
    onWritten: (position: number, at: WrittenAt) => void,
  ): Promise<boolean> {
    const parts = works.map((work) => ({ ...work, records: nextPart(work.queue), work }));
    const timeout = Math.max(1, this.deadline - Date.now());
    const brokerTimeout = Math.max(1, Math.floor(timeout / 2), timeout - answerReserveMs);
    const topics = groupByTopic(parts, ({ partition, records }) => ({
      partition,
      records: records.map(({ record }) => record),
    }));
    let answer: ProduceAnswer;
    try {
      const body = encodeProduce({ timeoutMs: brokerTimeout, topics });
      answer = await this.client.produce(leader, body, timeout);
    } catch (error) {
      if (!this.timeUp) this.log('warn', 'A produce request failed', { broker: leader, error });
      return false;
    }
    // A partition that the answer does not name was not written.
    const confirmed = parts.map(({ topic, partition, records, work }) => {
      const ofTopic = answer.topics.find(({ topicName }) => topicName === topic);
      const outcome = ofTopic?.partitions.find((each) => each.partition === partition);
      if (outcome?.errorCode !== errorCode.none) return this.refused(work, outcome?.errorCode);
      for (const [index, { positions }] of records.entries()) {
        const offset = Number(outcome.baseOffset) + index;
        for (const [place, position] of positions.entries()) {
          onWritten(position, { topic, partition, offset, index: place });
        }
      }
      work.queue.splice(0, records.length);
      return true;
    });
    return confirmed.every(Boolean);
  }

  /** True when the partition's trouble is settled: nothing of it will be sent again. */
  private refused(work: PartitionWork, code: number | undefined): boolean {
    if (code === undefined) return false;
    if (code === errorCode.unknownTopicOrPartition) return this.countUnknown(work);
    const error = new BrokerError(code, `writing to ${work.topic}/${work.partition}`);
    this.log('warn', error.message);
    // Its leader has it: in the little time that is left, sending it again would only write it twice.
    if (error.retriable && code !== errorCode.requestTimedOut) return false;
    this.fail(work, error.message);
    return true;
  }

  private countUnknown(work: PartitionWork): boolean {
    const answers = (this.unknownAnswers.get(work) ?? 0) + 1;
    this.unknownAnswers.set(work, answers);
    if (answers < unknownTopicAttempts) return false;
    this.absentTopics.add(work.topic);
    this.fail(work, `topic ${work.topic} does not exist`);
    return true;
  }

  private fail(work: PartitionWork, reason: string): void {
    for (const { positions } of work.queue.splice(0)) {
      for (const position of positions) this.failed.set(position, reason);
    }
  }
}

/** As many records as fit into one batch of the broker, at least one. */
function nextPart(queue: readonly Packed[]): Packed[] {
  let bytes = 0;
  const end = queue.findIndex((packed, index) => (bytes += packed.bytes) > maxBundleBytes && index > 0);
  return end < 0 ? [...queue] : queue.slice(0, end);
}
