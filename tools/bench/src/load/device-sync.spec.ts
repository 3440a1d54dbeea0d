import { afterEach, expect, test } from '@jest/globals';
import { DeviceSync } from './device-sync.js';
import { RestClient, RestRefused } from './rest-client.js';
import { TinyRest, type TinyAnswer } from './testing/tiny-rest.js';

let server: TinyRest | undefined;
let rest: RestClient | undefined;

afterEach(() => {
  rest?.close();
  server?.stop();
});

async function device(answer: (method: string, path: string, body: unknown) => TinyAnswer) {
  server = new TinyRest(answer);
  rest = new RestClient(await server.url(), 2);
  return { server, sync: new DeviceSync(rest, 'token') };
}

const moved = (ids: string[], version: number) => ids.map((conversationId) => ({ conversationId, version }));
const synced = (ids: string[], toVersion: number, messages: number) =>
  Object.fromEntries(ids.map((id) => [id, { messages: Array(messages).fill({}), members: [], toVersion }]));

test('asks for what moved beyond what it holds, all pages of it', async () => {
  let version = 1;
  const { server, sync } = await device((method, path) => {
    if (method === 'POST') return { body: { conversations: synced(['a', 'c'], 6, 5) } };
    if (path === '/v1/sync') return { body: { moved: moved(['a', 'b'], 1), next: '1', more: true } };
    if (path === '/v1/sync?since=1') return { body: { moved: moved(['c'], 1), next: '2' } };
    const again = [...moved(['a', 'c'], version), ...moved(['b'], 1)];
    return { body: { moved: again, next: '3' } };
  });
  await sync.begin();
  version = 6;
  const other = sync.copy();
  expect(await sync.catchUp()).toEqual({ messages: 10, limited: 0 });
  const posts = server.asked.filter(({ method }) => method === 'POST');
  expect(posts).toMatchObject([{ path: '/v1/sync', body: { cursors: { a: 1, c: 1 } } }]);
  expect(await sync.catchUp()).toEqual({ messages: 0, limited: 0 });
  // A copy has missed what the other one has got meanwhile.
  expect(other.versionOf('a')).toBe(1);
  expect(await other.catchUp()).toEqual({ messages: 10, limited: 0 });
});

test('asks again for what was not answered, though it is not told a second time that it moved', async () => {
  let refuse = true;
  const { sync } = await device((method, path) => {
    if (method === 'GET')
      return { body: { moved: path.includes('since') ? [] : moved(['a'], 3), next: '1' } };
    if (!refuse) return { body: { conversations: synced(['a'], 3, 2) } };
    refuse = false;
    return { status: 503, body: { error: { code: 'UNAVAILABLE' } } };
  });
  await expect(sync.catchUp()).rejects.toThrow(RestRefused);
  expect(await sync.catchUp()).toEqual({ messages: 2, limited: 0 });
});
