import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mintId, RequestFailed } from '@parley/client';
import { type Ack, type MessageSent } from '@parley/contracts';
import { logAttempt } from '../harness/observing.js';
import { runningSystem } from '../harness/running-system.js';
import { expectNoViolations } from '../harness/verdict.js';
import { type LoggedDevice } from '../harness/logged-device.js';
import { World } from '../harness/world.js';

/** Sends by REST, with the attempt in the log. */
const sendByRest = async (
  { client, log }: LoggedDevice,
  conversationId: string,
  id: string,
  text: string,
) => {
  const answered = logAttempt(log, { operation: 'send', conversationId, id, commandId: id }, text);
  try {
    const data: MessageSent = await client.conversations.send({ conversationId, id, text });
    answered({ ok: true, data });
    return data;
  } catch (error) {
    if (!(error instanceof RequestFailed)) throw error;
    const refusal: Ack<never> = { ok: false, error: error.body };
    answered(refusal);
    throw error;
  }
};

describe('the same id', () => {
  const world = new World(runningSystem());
  let devices: LoggedDevice[];
  let conversationId: string;

  beforeAll(async () => {
    const [me, other] = (await world.people(2)) as [string, string];
    const urls = world.system.gatewayUrls;
    devices = [];
    for (let index = 0; index < 4; index += 1) {
      devices.push(await world.connected(me, { socketUrl: urls[index % urls.length] ?? world.system.url }));
    }
    await world.connected(other);
    conversationId = await world.direct(devices[0] as LoggedDevice, other);
  });

  afterAll(() => world.end());

  test('sent over every gateway and REST at once is one message with one place', async () => {
    const [first] = devices as [LoggedDevice];
    for (let round = 1; round <= 20; round += 1) {
      const id = mintId();
      const text = `round ${round}`;
      const answers = await Promise.all([
        ...devices.map(({ client }) => client.send(conversationId, text, id)),
        sendByRest(first, conversationId, id, text),
        sendByRest(first, conversationId, id, text),
      ]);
      expect(new Set(answers.map(({ message }) => message.seq))).toEqual(new Set([round]));
      expect(answers.filter(({ deduplicated }) => !deduplicated)).toHaveLength(1);
    }
  });

  test('sent again later gets the first answer', async () => {
    const [first] = devices as [LoggedDevice];
    const { message } = await first.client.send(conversationId, 'once');
    const again = await sendByRest(first, conversationId, message.id, 'once');
    expect(again).toEqual({ message, deduplicated: true });
  });

  test('used by somebody else is a conflict', async () => {
    const [first] = devices as [LoggedDevice];
    const other = world.devices.at(-1) as LoggedDevice;
    const { message } = await first.client.send(conversationId, 'mine');
    await expect(other.client.send(conversationId, 'theirs', message.id)).rejects.toMatchObject({
      code: 'CONFLICT',
      outcome: 'none',
    });
  });

  test('leaves a history without a fault', async () => {
    const verdict = await world.prove();
    await expectNoViolations(verdict);
    expect(verdict.checked).toMatchObject({ acked: 22, storedMessages: 22, refused: 1 });
  });
});
