import { afterEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { Api } from './api.js';

const ends: (() => unknown)[] = [];

afterEach(() => {
  for (const end of ends.splice(0)) end();
});

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** Sent as it is; what the headers promise beyond it does not come. */
  readonly text?: string;
}

/** A server that gives these answers, one after the other, and remembers when it was asked for what. */
const serverOf = async (...answers: Answer[]) => {
  const asked: { at: number; key: string | undefined }[] = [];
  const server = createServer((request, response) => {
    asked.push({ at: performance.now(), key: request.headers['idempotency-key']?.toString() });
    const { status, body, headers, text }: Answer = answers[asked.length - 1] ?? { status: 500 };
    if (text !== undefined) {
      response.writeHead(status, headers).write(text, () => response.destroy());
      return;
    }
    response.writeHead(status, headers).end(body === undefined ? '' : JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { asked, api: new Api({ url, token: () => 'token' }) };
};

const limited = (retryAfterMs: number): Answer => {
  const message = 'This device asks too fast.';
  const error = {
    code: 'RATE_LIMITED',
    message,
    retryable: true,
    outcome: 'none',
    retryAfterMs,
    requestId: 'r',
  };
  return { status: 429, body: { error }, headers: { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) } };
};

/** A timer may be a little early. */
const gap = (asked: readonly { at: number }[], number: number): number =>
  (asked[number]?.at ?? 0) - (asked[number - 1]?.at ?? 0) + 2;

describe('a request that comes too soon', () => {
  test('is repeated as the same one when it may come', async () => {
    const { api, asked } = await serverOf(limited(300), limited(200), { status: 200, body: { id: 'made' } });
    const answer = api.request('POST', '/v1/conversations', { body: {}, idempotencyKey: 'one' });
    expect(await answer).toEqual({ id: 'made' });
    expect(asked.map(({ key }) => key)).toEqual(['one', 'one', 'one']);
    expect(gap(asked, 1)).toBeGreaterThanOrEqual(300);
    expect(gap(asked, 2)).toBeGreaterThanOrEqual(200);
  });

  test('fails at once where that is later than anybody waits for an answer, and says how long', async () => {
    const { api, asked } = await serverOf(limited(60_000), { status: 200 });
    await expect(api.request('POST', '/v1/auth/login', {})).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      retryAfterMs: 60_000,
      retryable: true,
      final: true,
    });
    expect(asked).toHaveLength(1);
  });

  test('is understood where a proxy says so', async () => {
    const proxy = { status: 429, headers: { 'retry-after': '1' } };
    const { api, asked } = await serverOf(proxy, { status: 200, body: 'done' });
    expect(await api.request('POST', '/v1/conversations', {})).toBe('done');
    expect(gap(asked, 1)).toBeGreaterThanOrEqual(1_000);
  });
});

describe('a server that is away', () => {
  test('is left to the caller, with the time that it asks for', async () => {
    const proxy = { status: 503, headers: { 'retry-after': '7' } };
    const { api, asked } = await serverOf(proxy, proxy);
    await expect(api.request('POST', '/x', {})).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      outcome: 'unknown',
      final: false,
      retryAfterMs: 7_000,
    });
    await expect(api.request('GET', '/x')).rejects.toMatchObject({ outcome: 'none', final: false });
    expect(asked).toHaveLength(2);
  });
});

describe('an answer', () => {
  test('that is cut off, or is not the server’s, is none', async () => {
    const cutOff = { status: 200, headers: { 'content-length': '100' }, text: '{"items":[' };
    const page = { status: 200, headers: { 'content-length': '6' }, text: '<html>' };
    const { api } = await serverOf(cutOff, cutOff, page);
    const lost = { name: 'RequestFailed', code: 'UNAVAILABLE', retryable: true, final: false };
    await expect(api.request('GET', '/x')).rejects.toMatchObject({ ...lost, outcome: 'none' });
    await expect(api.request('POST', '/x', {})).rejects.toMatchObject({ ...lost, outcome: 'unknown' });
    await expect(api.request('GET', '/x')).rejects.toMatchObject({ ...lost, outcome: 'none' });
  });

  test('without content is one', async () => {
    const { api } = await serverOf({ status: 204 });
    expect(await api.request('DELETE', '/x')).toBeUndefined();
  });
});

test('a server that is not there did nothing, and is named', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.close();
  await once(server, 'close');
  await expect(
    new Api({ url, token: () => null }).request('POST', '/v1/conversations'),
  ).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    outcome: 'none',
    final: true,
    message: expect.stringMatching(/http:.*ECONNREFUSED/),
  });
});
