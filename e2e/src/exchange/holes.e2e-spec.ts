import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ConversationState, mintId } from '@parley/client';
import { type ServerToClientEvents } from '@parley/contracts';
import { io, type Socket } from 'socket.io-client';
import { until } from '../harness/conditions.js';
import { seededRandom } from '../harness/random.js';
import { runningSystem } from '../harness/running-system.js';
import { expectNoViolations } from '../harness/verdict.js';
import { type LoggedDevice } from '../harness/logged-device.js';
import { World } from '../harness/world.js';

/** A device that loses events, and holds the rest as every client does. */
class LossyDevice {
  readonly state: ConversationState;
  private readonly socket: Socket<ServerToClientEvents>;
  lost = 0;

  constructor(
    url: string,
    token: string,
    deviceId: string,
    conversationId: string,
    userId: string,
    loses: () => boolean,
  ) {
    this.state = new ConversationState(conversationId, userId);
    this.socket = io(url, { auth: { token, deviceId }, transports: ['websocket'], forceNew: true });
    for (const name of ['message.created', 'message.edited', 'message.deleted'] as const) {
      this.socket.on(name, (body) => {
        if (loses()) this.lost += 1;
        else this.state.event({ name, body });
      });
    }
  }

  ready(): Promise<void> {
    return new Promise((resolve) => this.socket.once('session.ready', () => resolve()));
  }

  close(): void {
    this.socket.disconnect();
  }
}

describe('a device that loses events', () => {
  const world = new World(runningSystem());
  const random = seededRandom();
  let writer: LoggedDevice;
  let reader: LoggedDevice;
  let conversationId: string;
  let lossy: LossyDevice;

  beforeAll(async () => {
    const [writerId, readerId] = (await world.people(2)) as [string, string];
    writer = await world.connected(writerId);
    reader = await world.connected(readerId);
    conversationId = await world.direct(writer, readerId);
    const deviceId = mintId();
    const token = world.system.issuer.token({ userId: readerId, deviceId });
    lossy = new LossyDevice(
      world.system.url,
      token,
      deviceId,
      conversationId,
      readerId,
      () => random.next() < 0.2,
    );
    await lossy.ready();
  });

  afterAll(async () => {
    lossy.close();
    await world.end();
  });

  const fill = async (): Promise<void> => {
    const answer = await reader.client.conversations.sync({ [conversationId]: lossy.state.version });
    const synced = answer.conversations[conversationId];
    if (synced) lossy.state.synced(synced);
  };

  test('has everything after it asked for what is missing, again and again', async () => {
    await fill();
    for (let round = 0; round < 8; round += 1) {
      for (let count = 0; count < 15; count += 1) {
        const { message } = await writer.client.send(conversationId, `round ${round}, text ${count}`);
        if (random.next() < 0.3) await writer.client.edit(conversationId, message.id, `edited in ${round}`);
      }
      await fill();
      expect(lossy.state.incomplete).toBe(false);
    }
    const complete = () => reader.client.conversationState(conversationId)?.messages.size === 120;
    await until('the other device of the same person has all', complete);
    expect(lossy.lost).toBeGreaterThan(0);
    const held = (state: ConversationState | undefined) =>
      [...(state?.messages.values() ?? [])].sort((a, b) => a.seq - b.seq);
    await until(
      'the last edit is here',
      () => reader.client.conversationState(conversationId)?.version === lossy.state.version,
    );
    expect(held(lossy.state)).toEqual(held(reader.client.conversationState(conversationId)));
    await expectNoViolations(await world.prove());
  });
});
