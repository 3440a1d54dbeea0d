import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mintId } from '@parley/client';
import { type Message, type MessageChanged, type MessageSent } from '@parley/contracts';
import { until } from '../harness/conditions.js';
import { type LoggedDevice } from '../harness/logged-device.js';
import { logAttempt } from '../harness/observing.js';
import { runningSystem } from '../harness/running-system.js';
import { expectNoViolations } from '../harness/verdict.js';
import { World } from '../harness/world.js';

describe('replies, mentions and reactions', () => {
  const world = new World(runningSystem());
  let ada: LoggedDevice;
  let grace: LoggedDevice;
  let conversationId: string;
  let first: Message;

  beforeAll(async () => {
    const [adaId, graceId] = (await world.people(2)) as [string, string];
    [ada, grace] = await Promise.all([world.connected(adaId), world.connected(graceId)]);
    conversationId = await world.direct(ada, graceId);
    first = (await ada.client.send(conversationId, 'who is in?')).message;
  });

  afterAll(() => world.end());

  const path = () => `/v1/conversations/${conversationId}/messages`;

  async function react({ client, log }: LoggedDevice, emoji: string, on: boolean): Promise<Message> {
    const [id, commandId] = [first.id, mintId()];
    const answered = logAttempt(log, { operation: 'react', conversationId, id, commandId }, null);
    const data = await client.api.request<MessageChanged>(
      on ? 'PUT' : 'DELETE',
      `${path()}/${id}/reactions/${encodeURIComponent(emoji)}`,
      { idempotencyKey: commandId },
    );
    answered({ ok: true, data });
    return data.message;
  }

  /** Waits until the device holds this row of the message. */
  async function untilHeld({ client }: LoggedDevice, message: Message): Promise<void> {
    const held = () => client.conversationState(conversationId)?.messages.get(message.seq);
    await until(`version ${message.version} is held`, () => held()?.version === message.version);
    expect(held()).toEqual(message);
  }

  test('a reply that mentions is the same for both', async () => {
    const { client, log, userId } = grace;
    const [id, text] = [mintId(), 'me'];
    const answered = logAttempt(log, { operation: 'send', conversationId, id, commandId: id }, text);
    const body = { id, text, replyTo: first.id, mentions: [ada.userId, userId, mintId()] };
    const data = await client.api.request<MessageSent>('POST', path(), { body });
    answered({ ok: true, data });
    const { message } = data;
    expect(message).toMatchObject({ replyTo: first.id, mentions: [ada.userId, userId], reactions: [] });
    await Promise.all([untilHeld(ada, message), untilHeld(grace, message)]);
  });

  test('reactions reach all devices live, the acting one too', async () => {
    await react(grace, '👍', true);
    await react(ada, '👍', true);
    const both = await react(ada, '❤️', true);
    expect(both.reactions).toEqual([
      { emoji: '👍', count: 2, userIds: [grace.userId, ada.userId] },
      { emoji: '❤️', count: 1, userIds: [ada.userId] },
    ]);
    await Promise.all([untilHeld(ada, both), untilHeld(grace, both)]);
    const fewer = await react(ada, '👍', false);
    await Promise.all([untilHeld(ada, fewer), untilHeld(grace, fewer)]);
  });

  test('a deletion takes the reactions with it', async () => {
    const deleted = await ada.client.delete(conversationId, first.id);
    expect(deleted.reactions).toEqual([]);
    await Promise.all([untilHeld(ada, deleted), untilHeld(grace, deleted)]);
    await expect(react(grace, '👍', true)).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('leave a history without a fault', async () => {
    await expectNoViolations(await world.prove());
  });
});
