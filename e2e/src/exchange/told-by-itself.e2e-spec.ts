import { afterAll, describe, expect, test } from '@jest/globals';
import { until } from '../harness/conditions.js';
import { runningSystem } from '../harness/running-system.js';
import { World } from '../harness/world.js';

describe('what a device tells by itself', () => {
  const world = new World(runningSystem());

  afterAll(() => world.end());

  test('is that it has a message; that it was read, when it is marked so', async () => {
    const [adaId, bobId] = (await world.people(2)) as [string, string];
    const ada = await world.connected(adaId);
    const bob = await world.connected(bobId, { receipts: 'auto' });
    const conversationId = await world.direct(ada, bobId);
    const written = ada.client.conversation(conversationId);
    const received = bob.client.conversation(conversationId);
    const { id, seq } = await written.send({ text: 'hello' });
    const stateOf = () => written.messages.find((message) => message.id === id)?.state;
    await until('it is delivered', () => stateOf() === 'delivered');
    expect(received.unreadCount).toBe(1);
    received.markRead();
    await until('it is read', () => stateOf() === 'read');
    expect(received.unreadCount).toBe(0);
    expect(received.marks).toEqual({ userId: bobId, deliveredSeq: seq, readSeq: seq });
  });
});
