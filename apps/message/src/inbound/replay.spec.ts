import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Ack, type CommandKind, type MessageSent, timing } from '@parley/contracts';
import { type OutgoingRecord, PublishError, Publisher, type WrittenAt } from '@parley/event-bus';
import { randomUUID } from 'node:crypto';
import { CommandHarness } from '../testing/command-harness.js';
import { type CommandWish } from './command-sender.js';
import { TestDatabase } from '../testing/test-database.js';

let database: TestDatabase;
let harness: CommandHarness;
/** Reads the same log anew, from its beginning, as a process does that follows on one that crashed. */
let successor: CommandHarness;
const ada = randomUUID();
const grace = randomUUID();
const life = { slot: 'gateway-0', incarnation: 5 };

beforeAll(async () => {
  database = await TestDatabase.start();
});
afterAll(() => database.stop());
beforeEach(async () => {
  [harness, successor] = await Promise.all([
    CommandHarness.open(database.url),
    CommandHarness.open(database.url),
  ]);
  for (const each of [harness, successor]) {
    await each.openInbox('gateway-0');
    each.connect(ada, life, 1);
    each.connect(grace, life, 2);
  }
});
afterEach(async () => {
  await harness.close();
  await successor.close();
});

/** Takes everything and confirms nothing: what a process has published when it dies between commit and publish. */
class NothingConfirmed extends Publisher {
  attempts = 0;
  failing = true;

  constructor(private readonly publisher: Publisher) {
    super();
  }

  override async publish(records: readonly OutgoingRecord[]): Promise<WrittenAt[]> {
    this.attempts += 1;
    if (!this.failing) return this.publisher.publish(records);
    throw new PublishError('no answer', [...records.keys()]);
  }
}

const removal = (conversationId: string, userId: string) => ({
  kind: 'member.remove' as const,
  conversationId,
  userId: ada,
  commandId: randomUUID(),
  body: { userId },
});

describe('a command that was stored and perhaps never told', () => {
  test('is told again in full, by whoever reads it at the same position', async () => {
    const id = await harness.insertConversation({ [ada]: 'owner', [grace]: 'member' });
    const dying = new NothingConfirmed(harness.bus.publisher);
    await harness.startProcess(dying);
    const wish = harness.send(id, ada, 'stored, not told');
    await harness.append(wish, { ...life, session: 1 });
    while (dying.attempts === 0) await new Promise(setImmediate);
    const { rows } = await harness.pool.query<{ seq: number }>(
      'SELECT seq FROM messaging.messages WHERE conversation_id = $1',
      [id],
    );
    expect(rows).toEqual([{ seq: 1 }]);
    expect([harness.replies.size, harness.events.length]).toEqual([0, 0]);

    await successor.startProcess();
    const ack: Ack<MessageSent> = await successor.ask<'message.send'>(wish, { ...life, session: 1 });
    expect(ack).toMatchObject({
      ok: true,
      data: { deduplicated: false, message: { seq: 1, id: wish.commandId } },
    });
    await successor.until(() => successor.events.length === 1 && successor.deliveries.length === 1);
    const body = { conversationId: id, version: 2, message: ack.ok ? ack.data.message : undefined };
    expect(successor.deliveries).toEqual([
      { slot: 'gateway-0', recipients: [1, 2], except: 1, event: 'message.created', body },
    ]);
    expect(successor.events).toMatchObject([{ event: 'message.created', body }]);

    // The first process lives after all: it says the same, and no more than that.
    dying.failing = false;
    await harness.until(() => harness.events.length === 1 && harness.replies.size === 1);
    expect(harness.events[0]?.body).toEqual(successor.events[0]?.body);
  });

  test('carries the row as it is now, and no text to whom it is not meant for', async () => {
    const id = await harness.insertConversation({ [ada]: 'owner', [grace]: 'member' });
    await Promise.all([harness.startProcess(), successor.startProcess()]);
    const wish = harness.send(id, ada, 'before the edit');
    await harness.ask(wish);
    await harness.ask({
      kind: 'message.edit',
      conversationId: id,
      userId: ada,
      commandId: randomUUID(),
      body: { id: wish.commandId, text: 'after the edit' },
    });
    await harness.ask(removal(id, grace));
    const ack = await successor.ask(wish);
    expect(ack).toMatchObject({
      ok: true,
      data: { message: { text: 'after the edit', version: 3, createdVersion: 2 } },
    });
    await successor.until(() => successor.deliveries.length === 1);
    // Who has left since is told nothing.
    expect(successor.deliveries).toMatchObject([
      { recipients: [1], body: { version: 2, message: { version: 3, text: 'after the edit' } } },
    ]);
  });

  test('other kinds are told again too, each with the version that it made', async () => {
    const id = await harness.insertConversation({ [ada]: 'owner', [grace]: 'member' });
    await Promise.all([harness.startProcess(), successor.startProcess()]);
    const send = harness.send(id, ada, 'text');
    const edit = {
      kind: 'message.edit' as const,
      conversationId: id,
      userId: ada,
      commandId: randomUUID(),
      body: { id: send.commandId, text: 'other text' },
    };
    const rename = {
      kind: 'conversation.update' as const,
      conversationId: id,
      userId: ada,
      commandId: randomUUID(),
      body: { name: 'other name' },
    };
    const wishes: CommandWish<CommandKind>[] = [send, edit, rename, removal(id, grace)];
    for (const wish of wishes) await harness.ask(wish);
    for (const wish of wishes) expect(await successor.ask(wish)).toMatchObject({ ok: true });
    await Promise.all(
      [harness, successor].map((each) => each.until(() => each.events.length === wishes.length)),
    );
    expect(successor.events.map(({ event, body }) => [event, body.version])).toEqual([
      ['message.created', 2],
      ['message.edited', 3],
      ['conversation.updated', 4],
      ['member.left', 5],
    ]);
    expect(successor.events[3]?.body).toEqual(harness.events[3]?.body);
    // Grace is told of her leaving at both, and of nothing else by the successor.
    const toGrace = successor.deliveries.filter(({ recipients }) => recipients.includes(2));
    expect(toGrace.map(({ event }) => event)).toEqual(['member.left']);
  });

  test('a retry at another position is answered, and tells nobody', async () => {
    const id = await harness.insertConversation({ [ada]: 'owner' });
    await harness.startProcess();
    const wish = {
      kind: 'conversation.update' as const,
      conversationId: id,
      userId: ada,
      commandId: randomUUID(),
      body: { name: 'other name' },
    };
    expect(await harness.ask(wish)).toMatchObject({ ok: true, data: { conversation: { version: 2 } } });
    expect(await harness.ask(wish)).toMatchObject({ ok: true, data: { conversation: { version: 2 } } });
    expect(await harness.ask({ ...wish, userId: grace })).toMatchObject({ error: { code: 'CONFLICT' } });
    await harness.ask(harness.send(id, ada, 'last'));
    await harness.until(() => harness.events.some(({ event }) => event === 'message.created'));
    expect(harness.events.map(({ event }) => event)).toEqual(['conversation.updated', 'message.created']);
  });

  test('a retry by somebody who was removed since learns nothing of how things are now', async () => {
    const id = await harness.insertConversation({ [ada]: 'owner', [grace]: 'admin' });
    await harness.startProcess();
    const ask = (userId: string, kind: string, body: object) => ({
      kind,
      conversationId: id,
      userId,
      commandId: randomUUID(),
      body,
    });
    const wish = ask(grace, 'conversation.update', { name: 'named by Grace' });
    expect(await harness.ask(wish as never)).toMatchObject({ ok: true });
    const removal = ask(ada, 'member.remove', { userId: grace });
    expect(await harness.ask(removal as never)).toMatchObject({ ok: true });
    await harness.ask(ask(ada, 'conversation.update', { name: 'secret' }) as never);
    expect(await harness.ask(wish as never)).toMatchObject({ ok: false, error: { code: 'NOT_FOUND' } });
  });
});

describe('a refusal', () => {
  const notFound = { ok: false, error: { code: 'NOT_FOUND', outcome: 'none', retryable: false } };

  test('is final: a retry is refused again, although it would be allowed by now', async () => {
    const id = await harness.insertConversation({ [ada]: 'owner' });
    await harness.startProcess();
    const send = harness.send(id, grace, 'too early');
    const rename = {
      kind: 'conversation.update' as const,
      conversationId: id,
      userId: grace,
      commandId: randomUUID(),
      body: { name: 'too early' },
    };
    expect(await harness.ask(send)).toMatchObject(notFound);
    expect(await harness.ask(rename)).toMatchObject(notFound);
    await harness.ask({
      kind: 'member.add',
      conversationId: id,
      userId: ada,
      commandId: randomUUID(),
      body: { userIds: [grace] },
    });
    expect(await harness.ask(send)).toMatchObject(notFound);
    expect(await harness.ask(rename)).toMatchObject(notFound);
    expect(await harness.ask(harness.send(id, grace, 'allowed'))).toMatchObject({
      ok: true,
      data: { message: { seq: 1 } },
    });
  });

  test('stands also where there was no such conversation, and at the successor', async () => {
    await Promise.all([harness.startProcess(), successor.startProcess()]);
    const id = randomUUID();
    const send = harness.send(id, ada, 'to nothing');
    expect(await harness.ask(send)).toMatchObject(notFound);
    const create = {
      kind: 'conversation.create' as const,
      conversationId: id,
      userId: ada,
      commandId: randomUUID(),
      body: { kind: 'group' as const, name: 'late', memberIds: [], historyForNewMembers: 'all' as const },
    };
    expect(await harness.ask(create)).toMatchObject({ ok: true });
    expect(await successor.ask(send)).toMatchObject(notFound);
    expect(await harness.ask(send)).toMatchObject(notFound);
  });
});

describe('a command that waited too long', () => {
  test('is not carried out, unless it was before; its outcome is unknown', async () => {
    const id = await harness.insertConversation({ [ada]: 'owner' });
    await harness.startProcess();
    const stored = harness.send(id, ada, 'in time');
    await harness.ask(stored);
    harness.clock.observe(Date.now() + timing.commandLifeMs + 1_000);
    const late = harness.send(id, ada, 'too late');
    const timeout = { ok: false, error: { code: 'TIMEOUT', outcome: 'unknown', retryable: true } };
    expect(await harness.ask(late)).toMatchObject(timeout);
    expect(await harness.ask(late)).toMatchObject(timeout);
    expect(await harness.ask(stored)).toMatchObject({
      ok: true,
      data: { deduplicated: true, message: { seq: 1 } },
    });
    const rename = {
      kind: 'conversation.update' as const,
      conversationId: id,
      userId: ada,
      commandId: randomUUID(),
      body: { name: 'too late' },
    };
    expect(await harness.ask(rename)).toMatchObject(timeout);
    const { rows } = await harness.pool.query('SELECT FROM messaging.messages WHERE conversation_id = $1', [
      id,
    ]);
    expect(rows).toHaveLength(1);
  });
});
