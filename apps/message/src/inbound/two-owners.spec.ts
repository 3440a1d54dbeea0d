import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Ack, type Message, type MessageSent } from '@parley/contracts';
import { randomUUID } from 'node:crypto';
import { CommandHarness } from '../testing/command-harness.js';
import { TestDatabase } from '../testing/test-database.js';

let database: TestDatabase;
/** Two processes that both believe to own all partitions: each reads a log of its own with the same commands in it. */
let owners: CommandHarness[];
const ada = randomUUID();
const grace = randomUUID();

beforeAll(async () => {
  database = await TestDatabase.start();
});
afterAll(() => database.stop());
beforeEach(async () => {
  owners = [await CommandHarness.open(database.url), await CommandHarness.open(database.url)];
});
afterEach(async () => {
  for (const owner of owners) await owner.close();
});

const [first, second] = [() => owners[0] as CommandHarness, () => owners[1] as CommandHarness];

function messageOf(ack: Ack<unknown> | undefined): Message {
  if (!ack?.ok) throw new Error(`not acked: ${JSON.stringify(ack)}`);
  return (ack.data as MessageSent).message;
}

async function storedIds(conversationId: string): Promise<{ id: string; seq: number; version: number }[]> {
  const { rows } = await first().pool.query<{ id: string; seq: number; version: number }>(
    'SELECT id, seq, version FROM messaging.messages WHERE conversation_id = $1 ORDER BY seq',
    [conversationId],
  );
  return rows;
}

async function headOf(conversationId: string): Promise<{ version: number; last_seq: number }> {
  const { rows } = await first().pool.query<{ version: number; last_seq: number }>(
    'SELECT version, last_seq FROM messaging.conversations WHERE id = $1',
    [conversationId],
  );
  return rows[0] as { version: number; last_seq: number };
}

describe('two owners of the same commands', () => {
  test('store each once, without a hole, and give the same answers', async () => {
    const ids = await Promise.all(
      Array.from({ length: 8 }, () => first().insertConversation({ [ada]: 'owner', [grace]: 'member' })),
    );
    const wishes = Array.from({ length: 600 }, (_, n) =>
      first().send(ids[(n * 7 + (n % 3)) % ids.length] ?? '', n % 2 === 0 ? ada : grace, `message ${n}`),
    );
    await Promise.all(owners.map((owner) => owner.startProcess()));
    // Interleaved, so that their batches overlap in every possible way.
    const requests: number[] = [];
    for (const wish of wishes) for (const owner of owners) requests.push(await owner.append(wish));
    await Promise.all(
      owners.map((owner) =>
        owner.until(() => owner.replies.size === wishes.length && owner.events.length >= wishes.length),
      ),
    );

    for (const conversationId of ids) {
      const own = wishes.filter((wish) => wish.conversationId === conversationId);
      const stored = await storedIds(conversationId);
      expect(stored.map(({ id }) => id)).toEqual(own.map(({ commandId }) => commandId));
      expect(stored.map(({ seq }) => seq)).toEqual(own.map((_, n) => n + 1));
      expect(stored.map(({ version }) => version)).toEqual(own.map((_, n) => n + 2));
      expect(await headOf(conversationId)).toEqual({ version: own.length + 1, last_seq: own.length });
    }
    for (let request = 1; request <= wishes.length; request++) {
      const [one, other] = owners.map((owner) => messageOf(owner.replies.get(request)?.[0]));
      expect(one).toEqual(other);
      expect(one?.id).toBe(wishes[request - 1]?.commandId);
    }
    // The same position at both: whoever came second could not know that the first one told everybody, so it told too.
    for (const owner of owners) {
      expect(new Set(owner.events.map(({ body }) => (body as { message: Message }).message.id)).size).toBe(
        wishes.length,
      );
    }
  });

  test('other commands between the sends take each version once', async () => {
    const id = await first().insertConversation({ [ada]: 'owner', [grace]: 'member' });
    const sent = Array.from({ length: 60 }, (_, n) => first().send(id, ada, `message ${n}`));
    await Promise.all(owners.map((owner) => owner.startProcess()));
    const renamed = Array.from({ length: 20 }, (_, n) => ({
      kind: 'conversation.update' as const,
      conversationId: id,
      userId: ada,
      commandId: randomUUID(),
      body: { name: `name ${n}` },
    }));
    const replies = sent.length + renamed.length;
    for (let n = 0; n < sent.length; n++) {
      for (const owner of owners) {
        await owner.append(sent[n] as (typeof sent)[number]);
        if (n % 3 === 0) await owner.append(renamed[n / 3] as (typeof renamed)[number]);
      }
    }
    await Promise.all(owners.map((owner) => owner.until(() => owner.replies.size === replies)));
    expect((await storedIds(id)).map(({ seq }) => seq)).toEqual(sent.map((_, n) => n + 1));
    expect(await headOf(id)).toEqual({ version: 1 + replies, last_seq: sent.length });
    for (const owner of owners) {
      await owner.until(() => new Set(owner.events.map(({ body }) => body.version)).size === replies);
      const versions = new Set(owner.events.map(({ body }) => body.version));
      expect([...versions].sort((a, b) => a - b)).toEqual(Array.from({ length: replies }, (_, n) => n + 2));
    }
  });

  test('one with a stale memory takes no seq and refuses nobody by it', async () => {
    const [stale, fresh] = (await Promise.all(
      [1, 2].map(() => first().insertConversation({ [ada]: 'owner' })),
    )) as [string, string];
    await first().startProcess();
    await first().ask(first().send(stale, ada, 'known to the first'));
    await first().ask(first().send(fresh, ada, 'known to the first'));
    // The second one moves the conversation, and makes grace a member; the first does not hear of it.
    await second().startProcess();
    await second().ask({
      kind: 'member.add',
      conversationId: stale,
      userId: ada,
      commandId: randomUUID(),
      body: { userIds: [grace] },
    });
    await second().ask(second().send(stale, grace, 'by the second'));
    const requests = [
      await first().append(first().send(stale, grace, 'by one whom the first does not know')),
      await first().append(first().send(stale, ada, 'by the first')),
      await first().append(first().send(fresh, ada, 'beside it')),
    ];
    const acks = await Promise.all(requests.map((request) => first().replyTo(request)));
    expect(acks.map((ack) => messageOf(ack).seq)).toEqual([3, 4, 2]);
    expect((await storedIds(stale)).map(({ seq, version }) => [seq, version])).toEqual([
      [1, 2],
      [2, 4],
      [3, 5],
      [4, 6],
    ]);
  });
});
