import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Message } from '@parley/contracts';
import { randomUUID } from 'node:crypto';
import { CommandHarness } from '../testing/command-harness.js';
import { TestDatabase } from '../testing/test-database.js';

let database: TestDatabase;
let harness: CommandHarness;
const ada = randomUUID();
const grace = randomUUID();

beforeAll(async () => {
  database = await TestDatabase.start();
});
afterAll(() => database.stop());
beforeEach(async () => {
  harness = await CommandHarness.open(database.url);
});
afterEach(() => harness.close());

async function storedSeqs(conversationId: string): Promise<number[]> {
  const { rows } = await harness.pool.query<{ seq: number }>(
    'SELECT seq FROM messaging.messages WHERE conversation_id = $1 ORDER BY seq',
    [conversationId],
  );
  return rows.map(({ seq }) => seq);
}

describe('message.send', () => {
  test('is stored, acked with its seq, delivered to the other sessions and told to the log', async () => {
    await harness.openInbox('gateway-0');
    const life = { slot: 'gateway-0', incarnation: 5 };
    harness.connect(ada, life, 1);
    harness.connect(ada, life, 2);
    harness.connect(grace, life, 3);
    await harness.startProcess();
    const id = await harness.insertConversation({ [ada]: 'owner', [grace]: 'member' });
    const wish = harness.send(id, ada, 'hello "world" \\ \n ü 😀');
    const ack = await harness.ask(wish, { ...life, session: 1 });
    expect(ack).toMatchObject({
      ok: true,
      data: {
        deduplicated: false,
        message: {
          id: wish.commandId,
          conversationId: id,
          seq: 1,
          version: 2,
          createdVersion: 2,
          senderId: ada,
          text: wish.body.text,
        },
      },
    });
    await harness.until(() => harness.deliveries.length === 1 && harness.events.length === 1);
    const message = ack.ok ? ack.data.message : undefined;
    const body = { conversationId: id, version: 2, message };
    expect(harness.deliveries).toEqual([
      { slot: 'gateway-0', recipients: [1, 2, 3], except: 1, event: 'message.created', body },
    ]);
    expect(harness.events).toMatchObject([{ event: 'message.created', actorId: ada, body }]);
    const { rows } = await harness.pool.query<{ text: string; created_at: Date }>(
      'SELECT text, created_at FROM messaging.messages WHERE conversation_id = $1',
      [id],
    );
    expect(rows).toEqual([{ text: wish.body.text, created_at: new Date(message?.createdAt ?? 0) }]);
  });

  test('of whoever comes alone is stored at once, of those who follow soon after together', async () => {
    await harness.startProcess(harness.bus.publisher, 3_600_000);
    const id = await harness.insertConversation({ [ada]: 'owner' });
    await harness.ask(harness.send(id, ada, 'alone'));
    const requests: number[] = [];
    for (let n = 0; n < 16; n++) requests.push(await harness.append(harness.send(id, ada, `message ${n}`)));
    await Promise.all(requests.map((request) => harness.replyTo(request)));
    const { rows } = await harness.pool.query(
      'SELECT count(*)::int FROM messaging.messages WHERE conversation_id = $1 GROUP BY xmin ORDER BY 1',
      [id],
    );
    expect(rows).toEqual([{ count: 1 }, { count: 16 }]);
  });

  test('numbers each conversation without a gap, in the order of the log', async () => {
    await harness.startProcess();
    const ids = await Promise.all([1, 2, 3].map(() => harness.insertConversation({ [ada]: 'owner' })));
    const requests: number[] = [];
    for (let n = 0; n < 300; n++) {
      requests.push(await harness.append(harness.send(ids[n % 3] ?? '', ada, `message ${n}`)));
    }
    const acks = await Promise.all(requests.map((request) => harness.replyTo(request)));
    acks.forEach((ack, n) =>
      expect(ack).toMatchObject({
        ok: true,
        data: { message: { seq: Math.floor(n / 3) + 1, text: `message ${n}` } },
      }),
    );
    for (const id of ids) expect(await storedSeqs(id)).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
  });

  test('with an id that is stored gives the first answer again, and tells nobody', async () => {
    await harness.startProcess();
    const id = await harness.insertConversation({ [ada]: 'owner', [grace]: 'member' });
    const wish = harness.send(id, ada, 'once');
    const first = await harness.ask(wish);
    const again = await harness.ask(wish);
    expect(again).toEqual({
      ok: true,
      data: { message: (first as { data: { message: Message } }).data.message, deduplicated: true },
    });
    expect(await harness.ask({ ...wish, userId: grace })).toMatchObject({
      ok: false,
      error: { code: 'CONFLICT' },
    });
    await harness.ask(harness.send(id, ada, 'twice'));
    await harness.until(() => harness.events.length === 2);
    expect(await storedSeqs(id)).toEqual([1, 2]);
  });
});
