import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mintId, ParleyClient } from '@parley/client';
import { RawSocket } from '../harness/raw-socket.js';
import { runningSystem } from '../harness/running-system.js';
import { type TestIssuer } from '../harness/test-issuer.js';
import { World } from '../harness/world.js';

describe('tokens that are none', () => {
  const world = new World(runningSystem());
  let userId: string;
  const deviceId = mintId();

  beforeAll(async () => {
    [userId] = (await world.people(1)) as [string];
  });

  afterAll(() => world.end());

  const kinds: [string, (issuer: TestIssuer) => unknown][] = [
    ['expired', (issuer) => issuer.token({ userId, deviceId, livesFor: -600 })],
    ['signed by nobody', (issuer) => issuer.unsignedToken({ userId, deviceId })],
    ['signed with another key', (issuer) => issuer.forgedToken({ userId, deviceId })],
    ['for another audience', (issuer) => issuer.token({ userId, deviceId, audience: 'somebody else' })],
    [
      'of an unknown issuer',
      (issuer) => issuer.token({ userId, deviceId, issuer: 'https://elsewhere.test' }),
    ],
    ['for another device', (issuer) => issuer.token({ userId, deviceId: mintId() })],
    ['no token', () => 'let me in'],
    ['empty', () => ''],
    ['no text', () => ({ toString: 'token' })],
  ];

  test.each(kinds)('%s: the handshake is refused', async (_, make) => {
    const socket = new RawSocket(world.system.url);
    await socket.connect({ token: make(world.system.issuer), deviceId });
    const refusal = await socket.frame((text) => text.startsWith('44'));
    const body = JSON.parse(refusal.slice(2)) as {
      data: { code: string; message: string; retryable: boolean };
    };
    expect(body.data).toMatchObject({ retryable: false });
    expect(['UNAUTHENTICATED', 'INVALID', 'FORBIDDEN']).toContain(body.data.code);
    expect(body.data.message.length).toBeGreaterThan(10);
    socket.close();
  });

  test.each(kinds.filter(([kind]) => kind !== 'for another device' && kind !== 'no text'))(
    '%s: REST answers UNAUTHENTICATED',
    async (_, make) => {
      const token = String(make(world.system.issuer));
      const client = new ParleyClient({ url: world.system.url, tokenProvider: () => token });
      await expect(client.conversations.list()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    },
  );

  test('a handshake without a token, or without anything, is refused', async () => {
    for (const auth of [{}, { deviceId }, null, 7, []]) {
      const socket = new RawSocket(world.system.url);
      await socket.connect(auth);
      const answer = await Promise.race([socket.frame((text) => text.startsWith('44')), socket.closed()]);
      expect(String(answer)).not.toContain('session.ready');
      socket.close();
    }
  });

  test('a session ends when its token does', async () => {
    const socket = new RawSocket(world.system.url);
    await socket.connect({ token: world.system.issuer.token({ userId, deviceId, livesFor: 2 }), deviceId });
    await socket.frame((text) => text.includes('session.ready'));
    const command = { conversationId: mintId(), id: mintId(), text: 'too late' };
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    const outcome = await Promise.race([
      socket.closed().then(() => 'closed'),
      socket.request(1, 'message.send', command).catch(() => 'closed'),
    ]);
    if (outcome !== 'closed')
      expect(outcome).toMatchObject({ ok: false, error: { code: 'UNAUTHENTICATED' } });
  }, 30_000);
});
