import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type MessageSent } from '@parley/contracts';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { CommandHarness } from '../testing/command-harness.js';
import { TestDatabase } from '../testing/test-database.js';

let database: TestDatabase;
let harness: CommandHarness;
const ada = randomUUID();

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

test('connections that are cut in the middle of it cost nothing but time', async () => {
  await harness.startProcess();
  const ids = await Promise.all([1, 2, 3, 4].map(() => harness.insertConversation({ [ada]: 'owner' })));
  const admin = new pg.Client({ connectionString: database.superuserUrl });
  await admin.connect();
  const requests: number[] = [];
  for (let n = 0; n < 800; n++) {
    const id = ids[n % ids.length] ?? '';
    requests.push(await harness.append(harness.send(id, ada, `message ${n}`)));
    if (n % 160 === 80) {
      await harness.until(() => harness.replies.size > n / 2);
      await admin.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'parley_message'`,
      );
    }
  }
  await admin.end();
  const acks = await Promise.all(requests.map((request) => harness.replyTo(request)));
  acks.forEach((ack, n) =>
    expect(ack).toMatchObject({
      ok: true,
      data: { deduplicated: false, message: { seq: Math.floor(n / ids.length) + 1, text: `message ${n}` } },
    }),
  );
  for (const id of ids) expect(await storedSeqs(id)).toEqual(Array.from({ length: 200 }, (_, n) => n + 1));
});

test('a database that is killed and comes back finds everything waiting', async () => {
  await harness.startProcess();
  const id = await harness.insertConversation({ [ada]: 'owner' });
  await harness.ask(harness.send(id, ada, 'before'));
  await database.kill();
  const requests = await Promise.all(
    [1, 2, 3].map((n) => harness.append(harness.send(id, ada, `meanwhile ${n}`))),
  );
  const rename = await harness.append({
    kind: 'conversation.update',
    conversationId: id,
    userId: ada,
    commandId: randomUUID(),
    body: { name: 'renamed meanwhile' },
  });
  await database.restart();
  const acks = await Promise.all(requests.map((request) => harness.replyTo(request)));
  expect(acks.map((ack) => (ack.ok ? (ack.data as MessageSent).message.seq : ack))).toEqual([2, 3, 4]);
  expect(await harness.replyTo(rename)).toMatchObject({ ok: true, data: { conversation: { version: 6 } } });
});

test('a process that was stopped with a conversation locked holds up the others for seconds, not for ever', async () => {
  await harness.startProcess();
  const [locked, free] = await Promise.all([1, 2].map(() => harness.insertConversation({ [ada]: 'owner' })));
  const zombie = await harness.pool.connect();
  zombie.on('error', () => undefined);
  await zombie.query('BEGIN');
  await zombie.query('SELECT FROM messaging.conversations WHERE id = $1 FOR UPDATE', [locked]);
  const requests = [
    await harness.append(harness.send(locked ?? '', ada, 'to the locked one')),
    await harness.append(harness.send(free ?? '', ada, 'to the free one')),
  ];
  const rename = await harness.append({
    kind: 'conversation.update',
    conversationId: locked ?? '',
    userId: ada,
    commandId: randomUUID(),
    body: { name: 'renamed at last' },
  });
  const [toLocked = 0, toFree = 0] = requests;
  expect(await harness.replyTo(toFree)).toMatchObject({ ok: true });
  // The other conversations do not even wait for that.
  expect(harness.replies.has(toLocked)).toBe(false);
  expect(await harness.replyTo(toLocked)).toMatchObject({ ok: true });
  expect(await harness.replyTo(rename)).toMatchObject({ ok: true });
  expect([...(await storedSeqs(locked ?? '')), ...(await storedSeqs(free ?? ''))]).toEqual([1, 1]);
  await expect(zombie.query('COMMIT')).rejects.toThrow();
  zombie.release(true);
});
