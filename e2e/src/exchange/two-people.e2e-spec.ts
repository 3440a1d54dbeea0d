import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RequestFailed } from '@parley/client';
import { untilHolds } from '../harness/expectations.js';
import { runningSystem } from '../harness/running-system.js';
import { expectNoViolations } from '../harness/verdict.js';
import { type LoggedDevice } from '../harness/logged-device.js';
import { World } from '../harness/world.js';

describe('two people', () => {
  const world = new World(runningSystem());
  let ada: LoggedDevice;
  let grace: LoggedDevice;
  let conversationId: string;

  beforeAll(async () => {
    const [adaId, graceId] = (await world.people(2)) as [string, string];
    [ada, grace] = await Promise.all([world.connected(adaId), world.connected(graceId)]);
    conversationId = await world.direct(ada, graceId);
  });

  afterAll(() => world.end());

  test('have one direct conversation, whoever begins it', async () => {
    const again = await grace.client.conversations.createDirect(ada.userId);
    expect(again.id).toBe(conversationId);
    expect(again).toMatchObject({ kind: 'direct', name: null });
  });

  test('get an ack with the place of the message, and each other’s messages in one order', async () => {
    const first = await ada.client.send(conversationId, 'hello');
    expect(first).toMatchObject({
      deduplicated: false,
      message: { seq: 1, text: 'hello', senderId: ada.userId },
    });
    const second = await grace.client.send(conversationId, 'hello yourself');
    expect(second.message.seq).toBe(2);
    await untilHolds(ada, conversationId, ['hello', 'hello yourself']);
    await untilHolds(grace, conversationId, ['hello', 'hello yourself']);
  });

  test('see edits and deletions of a message at its place', async () => {
    const { message } = await ada.client.send(conversationId, 'helo');
    const edited = await ada.client.edit(conversationId, message.id, 'hello again');
    expect(edited).toMatchObject({ seq: message.seq, text: 'hello again', createdVersion: message.version });
    expect(edited.editedAt).not.toBeNull();
    await untilHolds(grace, conversationId, ['hello', 'hello yourself', 'hello again']);
    const deleted = await ada.client.delete(conversationId, message.id);
    expect(deleted).toMatchObject({ seq: message.seq, text: '' });
    await untilHolds(grace, conversationId, ['hello', 'hello yourself', '']);
  });

  test('cannot edit what was deleted, or what the other wrote', async () => {
    const deleted = grace.client.conversationState(conversationId)?.messages.get(3);
    const other = grace.client.conversationState(conversationId)?.messages.get(1);
    await expect(ada.client.edit(conversationId, deleted?.id ?? '', 'back')).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    await expect(grace.client.edit(conversationId, other?.id ?? '', 'mine')).rejects.toMatchObject({
      code: 'FORBIDDEN',
      outcome: 'none',
    });
  });

  test('cannot be read or written to by a third', async () => {
    const [strangerId] = (await world.people(1)) as [string];
    const stranger = await world.connected(strangerId);
    await expect(stranger.client.send(conversationId, 'let me in')).rejects.toBeInstanceOf(RequestFailed);
    await expect(stranger.client.conversations.messages(conversationId)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    const { conversations } = await stranger.client.conversations.sync({ [conversationId]: 0 });
    expect(conversations).toEqual({});
  });

  test('leave a history without a fault', async () => {
    const verdict = await world.prove();
    await expectNoViolations(verdict);
    expect(verdict.checked).toMatchObject({ acked: 3, storedMessages: 3, revisions: 4 });
  });
});
