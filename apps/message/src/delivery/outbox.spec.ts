import { beforeEach, describe, expect, test } from '@jest/globals';
import { topics } from '@parley/contracts';
import { type OutgoingRecord, PublishError, Publisher, TopicAdmin, type WrittenAt } from '@parley/event-bus';
import { createLog, Registry } from '@parley/service';
import { CommandMetrics } from '../inbound/command-metrics.js';
import { CommitTicket } from './commit-ticket.js';
import { Outbox } from './outbox.js';
import { type Outgoing, toInbox } from './outgoing.js';

const log = createLog('spec', 'silent');
const metrics = new CommandMetrics(new Registry());
const { name: eventsTopic } = topics.conversationEvents;

/** Confirms what is written to topics that answer. */
class Broker extends Publisher {
  readonly written: string[] = [];
  readonly silent = new Set<string>();
  publishes: number[] = [];

  override async publish(records: readonly OutgoingRecord[]): Promise<WrittenAt[]> {
    this.publishes.push(records.length);
    await new Promise(setImmediate);
    const unconfirmed: number[] = [];
    records.forEach(({ topic, value }, index) => {
      if (this.silent.has(topic)) unconfirmed.push(index);
      else this.written.push(`${topic}:${value}`);
    });
    if (unconfirmed.length > 0) throw new PublishError('no answer', unconfirmed);
    return [];
  }
}

class Topics extends TopicAdmin {
  readonly broken = new Set<string>();
  readonly silent = new Set<string>();

  override async ensure(specs: readonly { name: string }[]): Promise<void> {
    if (specs.some(({ name }) => this.silent.has(name))) await new Promise(() => undefined);
    for (const { name } of specs) if (this.broken.has(name)) throw new Error('no such topic');
  }

  override async endOffsets(): Promise<readonly number[]> {
    return [];
  }
}

let broker: Broker;
let topicAdmin: Topics;
let ended: Set<string>;
let outbox: Outbox;

beforeEach(() => {
  broker = new Broker();
  topicAdmin = new Topics();
  ended = new Set();
  const lives = { hasEnded: (slot: string, incarnation: number) => ended.has(`${slot}/${incarnation}`) };
  outbox = new Outbox(broker, topicAdmin, lives, log, { metrics });
});

function event(value: string, ticket: CommitTicket): Outgoing {
  return { topic: eventsTopic, key: 'c', value, ticket, inbox: null };
}

function add(ticket: CommitTicket, ...records: Outgoing[]): Promise<void> {
  outbox.add(records);
  ticket.release();
  return ticket.finished;
}

const to = (slot: string, value: string, ticket: CommitTicket) =>
  toInbox({ slot, incarnation: 1 }, value, ticket);

describe('the outbox', () => {
  test('publishes what has accumulated in one go, in order', async () => {
    const tickets = Array.from({ length: 5 }, () => new CommitTicket());
    await Promise.all(
      tickets.map((ticket, n) => add(ticket, event(`${n}`, ticket), to('gateway-0', `${n}`, ticket))),
    );
    expect(broker.written).toEqual(
      tickets.flatMap((_, n) => [`${eventsTopic}:${n}`, `inbox.gateway-0:${n}`]),
    );
    expect(broker.publishes).toEqual([10]);
  });

  test('publishes again until it is confirmed, before anything later', async () => {
    broker.silent.add(eventsTopic).add('inbox.gateway-0');
    const [first, second] = [new CommitTicket(), new CommitTicket()];
    const done = add(first, event('1', first), to('gateway-0', '1', first));
    while (broker.publishes.length === 0) await new Promise(setImmediate);
    const later = add(second, event('2', second), to('gateway-0', '2', second));
    broker.silent.clear();
    await Promise.all([done, later]);
    expect(broker.written).toEqual([
      `${eventsTopic}:1`,
      'inbox.gateway-0:1',
      `${eventsTopic}:2`,
      'inbox.gateway-0:2',
    ]);
  });

  test('serves an inbox that does not answer apart: the others do not wait for it', async () => {
    broker.silent.add('inbox.dead');
    const stuck = new CommitTicket();
    let confirmed = false;
    const stuckDone = add(stuck, to('dead', '0', stuck), event('0', stuck)).then(() => (confirmed = true));
    for (let n = 1; n <= 20; n++) {
      const ticket = new CommitTicket();
      await add(ticket, event(`${n}`, ticket), to('gateway-0', `${n}`, ticket));
    }
    expect(broker.written.filter((line) => line.startsWith('inbox.gateway-0'))).toHaveLength(20);
    expect(confirmed).toBe(false);
    // It comes back, and gets all in order.
    const last = new CommitTicket();
    const lastDone = add(last, to('dead', '1', last));
    broker.silent.clear();
    await Promise.all([stuckDone, lastDone]);
    expect(broker.written.filter((line) => line.startsWith('inbox.dead'))).toEqual([
      'inbox.dead:0',
      'inbox.dead:1',
    ]);
  });

  test('gives an inbox up once its life has ended', async () => {
    broker.silent.add('inbox.dead');
    const ticket = new CommitTicket();
    const done = add(ticket, to('dead', '0', ticket), event('0', ticket));
    ended.add('dead/1');
    await done;
    expect(broker.written).toEqual([`${eventsTopic}:0`]);
  });

  test('an inbox that cannot be made known holds nobody else up', async () => {
    topicAdmin.broken.add('inbox.nowhere');
    const [stuck, ticket] = [new CommitTicket(), new CommitTicket()];
    const stuckDone = add(stuck, to('nowhere', '0', stuck), event('0', stuck));
    await add(ticket, event('1', ticket), to('gateway-0', '1', ticket));
    expect(broker.written).toEqual([`${eventsTopic}:0`, `${eventsTopic}:1`, 'inbox.gateway-0:1']);
    topicAdmin.broken.clear();
    await stuckDone;
    expect(broker.written).toContain('inbox.nowhere:0');
  });

  test('an inbox about which the broker says nothing holds up the others once, and not for long', async () => {
    topicAdmin.silent.add('inbox.nowhere').add('inbox.neither');
    const [stuck, ticket] = [new CommitTicket(), new CommitTicket()];
    void add(stuck, to('nowhere', '0', stuck), to('neither', '0', stuck), event('0', stuck));
    await add(ticket, event('1', ticket), to('gateway-0', '1', ticket));
    expect(broker.written).toEqual([`${eventsTopic}:0`, `${eventsTopic}:1`, 'inbox.gateway-0:1']);
  });

  test('takes no more than it has room for', async () => {
    outbox = new Outbox(broker, topicAdmin, { hasEnded: () => false }, log, {
      metrics,
      maxWaiting: 2,
    });
    broker.silent.add(eventsTopic);
    const ticket = new CommitTicket();
    const done = add(ticket, event('0', ticket), event('1', ticket), event('2', ticket));
    let room = false;
    const roomy = outbox.room().then(() => (room = true));
    await new Promise(setImmediate);
    expect(room).toBe(false);
    broker.silent.clear();
    await Promise.all([done, roomy]);
  });
});
