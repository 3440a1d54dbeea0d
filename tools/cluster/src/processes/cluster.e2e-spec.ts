import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { processStart } from '@parley/database/embedded';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { whyKafkaIsUnavailable } from '../kafka/index.js';
import type { Cluster } from './cluster.js';
import { startCluster } from './start-cluster.js';

jest.setTimeout(180_000);

const unavailable = await whyKafkaIsUnavailable();
if (unavailable !== undefined && process.env['CI'] === 'true') throw new Error(unavailable);
const withKafka = unavailable === undefined ? describe : describe.skip;

async function alive(pids: readonly number[]): Promise<number[]> {
  const starts = await Promise.all(pids.map(processStart));
  return pids.filter((_, i) => starts[i] !== undefined);
}

withKafka('a cluster', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster({ gateways: 1, messages: 2, cuttable: ['message-1'] });
  });
  afterAll(() => cluster.stop());

  test('serves people who register, through the front door, whichever process answers', async () => {
    const username = `user-${randomUUID().slice(0, 8)}`;
    const registered = await fetch(`${cluster.url}/v1/auth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username, password: 'a long password', displayName: 'Someone' }),
    });
    expect(registered.status).toBe(201);
    const { accessToken } = (await registered.json()) as { accessToken: string };
    for (let i = 0; i < 2; i++) {
      const me = await fetch(`${cluster.url}/v1/users/me`, {
        headers: { authorization: `Bearer ${accessToken}` },
      });
      expect(await me.json()).toMatchObject({ username });
    }
  });

  test('trusts the tokens that it mints', async () => {
    const token = await cluster.mintToken({ userId: randomUUID(), deviceId: randomUUID() });
    const answer = await fetch(`${cluster.url}/v1/conversations`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.status).toBe(200);
  });

  test('has a process that is unready while its link to PostgreSQL is cut, and its sibling is not', async () => {
    const [sibling, cut] = cluster.messages;
    const links = cluster.links('message-1');
    links.postgres?.cut('reset');
    const status = async (url = '') => (await fetch(`${url}/health/ready`)).status;
    while ((await status(cut?.url)) !== 503);
    expect(await status(sibling?.url)).toBe(200);
    links.postgres?.heal();
    await cut?.ready();
  });

  test('has a database that is killed and comes back', async () => {
    await cluster.database.kill();
    await cluster.database.restart();
    await Promise.all(cluster.messages.map((message) => message.ready()));
  });
});

withKafka('a cluster of its own', () => {
  test('of three brokers keeps taking messages when one of them is killed', async () => {
    const three = await startCluster({ gateways: 1, messages: 1, brokers: 3 });
    try {
      const author = { userId: randomUUID(), deviceId: randomUUID() };
      const headers = {
        authorization: `Bearer ${await three.mintToken(author)}`,
        'content-type': 'application/json',
      };
      const post = (path: string, body: object) =>
        fetch(three.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
      const made = await post('/v1/conversations', { kind: 'direct', userId: author.userId });
      const { id } = (await made.json()) as { id: string };
      const sent: string[] = [];
      const send = async () => {
        const message = { id: randomUUID(), text: `number ${sent.length + 1}` };
        sent.push(message.id);
        // The same id again until it is acknowledged, as every client does.
        for (;;) {
          const answer = await post(`/v1/conversations/${id}/messages`, message);
          if (answer.ok) return;
          expect(await answer.json()).toMatchObject({ error: { retryable: true } });
        }
      };
      await send();
      await three.kafka.brokers[0]?.kill('SIGKILL');
      for (let i = 0; i < 5; i++) await send();
      await three.kafka.brokers[0]?.start();
      await three.kafka.ready();
      await send();
      const history = await fetch(`${three.url}/v1/conversations/${id}/messages`, { headers });
      const { items } = (await history.json()) as { items: { id: string; seq: number }[] };
      expect(items.map((message) => [message.seq, message.id])).toEqual(
        sent.map((sentId, i) => [i + 1, sentId]),
      );
    } finally {
      await three.stop();
    }
  });

  test('that loses its owner leaves nothing that the next start does not end', async () => {
    const library = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
    const script = `
      import { startCluster } from ${JSON.stringify(library)};
      const cluster = await startCluster({ gateways: 1, messages: 1 });
      console.log(JSON.stringify(cluster.processes().map(({ pid }) => pid)));`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(owner.stdout, 'data')) as [Buffer];
    const pids = JSON.parse(line.toString()) as number[];
    expect(await alive(pids)).toHaveLength(5);
    owner.kill('SIGKILL');
    await once(owner, 'exit');

    const next = await startCluster({ gateways: 1, messages: 1 });
    const nextPids = next.processes().map(({ pid }) => pid);
    expect(await alive(pids)).toEqual([]);
    await next.stop();
    expect(await alive(nextPids)).toEqual([]);
  });
});
