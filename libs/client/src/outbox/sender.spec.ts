import { describe, expect, test } from '@jest/globals';
import { type Ack, type ErrorBody } from '@parley/contracts';
import { RequestFailed } from '../failure.js';
import { defaultOutboxOptions, Sender } from './sender.js';
import { refused, ScriptedLink } from './testing/scripted-link.js';

const renewalRefused = (retryable: boolean): RequestFailed => {
  const body: ErrorBody = {
    code: 'UNAUTHENTICATED',
    message: '',
    retryable,
    outcome: 'none',
    requestId: 'r',
  };
  return new RequestFailed(body, true);
};

const yes: Ack<unknown> = { ok: true, data: 'stored' };

const setUp = (giveUpAfterMs = Number.POSITIVE_INFINITY) => {
  const link = new ScriptedLink();
  const waits: number[] = [];
  let now = 0;
  const sleep = async (milliseconds: number): Promise<void> => {
    waits.push(milliseconds);
    now += milliseconds;
  };
  const sender = new Sender(link, { ...defaultOutboxOptions, giveUpAfterMs, sleep, now: () => now });
  const send = (id: string, conversationId = 'c') =>
    sender.submit({ command: 'message.send', body: { conversationId, id, text: `text of ${id}` } }).then(
      (data) => ({ data }),
      (error: unknown) => {
        if (!(error instanceof RequestFailed)) throw error;
        return { code: error.code, outcome: error.outcome, final: error.final };
      },
    );
  return { link, waits, send };
};

describe('sending', () => {
  test('sends one message of a conversation at a time, and others beside it', async () => {
    const { link, send } = setUp();
    const results = [send('a'), send('b'), send('x', 'other')];
    await link.attemptNumber(2);
    expect(link.attempts.map(({ id }) => id)).toEqual(['a', 'x']);
    link.attempts.forEach(({ answer }) => answer(yes));
    (await link.attemptNumber(3)).answer(yes);
    expect(await Promise.all(results)).toEqual([{ data: 'stored' }, { data: 'stored' }, { data: 'stored' }]);
  });

  test('repeats with the same id until there is an answer', async () => {
    const { link, send } = setUp();
    const result = send('a');
    (await link.attemptNumber(1)).answer(refused('TIMEOUT', 'unknown', true));
    (await link.attemptNumber(2)).answer(refused('UNAVAILABLE', 'none', true));
    (await link.attemptNumber(3)).answer(yes);
    expect(await result).toEqual({ data: 'stored' });
    expect(new Set(link.attempts.map(({ id }) => id))).toEqual(new Set(['a']));
  });

  test('waits as long as the server asks, and longer each time', async () => {
    const { link, send, waits } = setUp();
    const result = send('a');
    (await link.attemptNumber(1)).answer(refused('RATE_LIMITED', 'none', true, 3_000));
    (await link.attemptNumber(2)).answer(refused('OVERLOADED', 'none', true));
    (await link.attemptNumber(3)).answer(refused('OVERLOADED', 'none', true));
    (await link.attemptNumber(4)).answer(yes);
    await result;
    expect(waits[0]).toBeGreaterThanOrEqual(3_050);
    expect(waits[1]).toBeGreaterThanOrEqual(100);
    expect(waits[2]).toBeGreaterThanOrEqual(200);
  });

  test('reports a refusal as final when nothing can be on its way', async () => {
    const { link, send } = setUp();
    const result = send('a');
    (await link.attemptNumber(1)).answer(refused('INVALID', 'none', false));
    expect(await result).toEqual({ code: 'INVALID', outcome: 'none', final: true });
  });

  test('does not report a refusal as final while an earlier attempt may still happen', async () => {
    const { link, send } = setUp();
    const result = send('a');
    (await link.attemptNumber(1)).answer(refused('TIMEOUT', 'unknown', true));
    (await link.attemptNumber(2)).answer(refused('TOO_LARGE', 'none', false));
    expect(await result).toEqual({ code: 'TOO_LARGE', outcome: 'unknown', final: false });
  });

  test('reports a stored refusal as final whatever came before', async () => {
    const { link, send } = setUp();
    const result = send('a');
    (await link.attemptNumber(1)).answer(refused('TIMEOUT', 'unknown', true));
    (await link.attemptNumber(2)).answer(refused('FORBIDDEN', 'none', false));
    expect(await result).toEqual({ code: 'FORBIDDEN', outcome: 'none', final: true });
  });

  test('goes on with the next message after one that failed', async () => {
    const { link, send } = setUp();
    const results = [send('a'), send('b')];
    (await link.attemptNumber(1)).answer(refused('FORBIDDEN', 'none', false));
    (await link.attemptNumber(2)).answer(yes);
    expect(await Promise.all(results)).toEqual([
      expect.objectContaining({ code: 'FORBIDDEN' }),
      { data: 'stored' },
    ]);
  });

  test('gets a new token when the old one has run out', async () => {
    const { link, send } = setUp();
    const result = send('a');
    (await link.attemptNumber(1)).answer(refused('UNAUTHENTICATED', 'none', false));
    (await link.attemptNumber(2)).answer(yes);
    expect(await result).toEqual({ data: 'stored' });
    expect(link.renewals).toBe(1);
  });

  test('reports a refused new token as final when nothing can be on its way', async () => {
    const { link, send } = setUp();
    link.renewalErrors.push(renewalRefused(false));
    const result = send('a');
    (await link.attemptNumber(1)).answer(refused('UNAUTHENTICATED', 'none', false));
    expect(await result).toEqual({ code: 'UNAUTHENTICATED', outcome: 'none', final: true });
  });

  test('does not report a refused new token as final while an earlier attempt may still happen', async () => {
    const { link, send } = setUp();
    link.renewalErrors.push(renewalRefused(false));
    const result = send('a');
    (await link.attemptNumber(1)).answer(refused('TIMEOUT', 'unknown', true));
    (await link.attemptNumber(2)).answer(refused('UNAUTHENTICATED', 'none', false));
    expect(await result).toEqual({ code: 'UNAUTHENTICATED', outcome: 'unknown', final: false });
  });

  test.each([
    ['the token provider fails', new Error('no network')],
    ['a new token may be had later', renewalRefused(true)],
  ])('waits and tries again when %s', async (_, error) => {
    const { link, send, waits } = setUp();
    link.renewalErrors.push(error);
    const result = send('a');
    const settled = result.catch(() => undefined);
    (await link.attemptNumber(1)).answer(refused('UNAUTHENTICATED', 'none', false));
    await Promise.race([link.attemptNumber(2), settled]);
    link.attempts[1]?.answer(refused('UNAUTHENTICATED', 'none', false));
    await Promise.race([link.attemptNumber(3), settled]);
    link.attempts[2]?.answer(yes);
    expect(await result).toEqual({ data: 'stored' });
    expect(link.renewals).toBe(2);
    expect(waits).toHaveLength(2);
  });

  test('gives up after the time it was given, and says that the outcome is unknown', async () => {
    const { link, send } = setUp(50);
    const result = send('a');
    (await link.attemptNumber(1)).answer(refused('TIMEOUT', 'unknown', true));
    (await link.attemptNumber(2)).answer(refused('UNAVAILABLE', 'none', true));
    expect(await result).toEqual({ code: 'UNAVAILABLE', outcome: 'unknown', final: false });
  });
});
