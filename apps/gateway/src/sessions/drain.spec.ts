import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { expect, test } from '@jest/globals';
import { topics } from '@parley/contracts';
import { GatewayHarness, next, refusal } from '../testing/gateway-harness.js';

const send = () => ({ conversationId: randomUUID(), id: randomUUID(), text: 'hello' });

test('a gateway that ends asks its clients to move, answers what is under way and says goodbye', async () => {
  const gateway = await GatewayHarness.start({ drainMs: 60_000 });
  const [ada, grace] = [await gateway.connect(), await gateway.connect()];
  const reached = gateway.message.nextCommand();
  const answer = ada.client.emitWithAck('message.send', send());
  const command = await reached;

  const draining = [ada, grace].map(({ client }) =>
    next<{ reconnectAfterMs: number }>(client, 'session.draining'),
  );
  const closed = gateway.app.close();
  for (const { reconnectAfterMs } of await Promise.all(draining)) {
    expect(reconnectAfterMs).toBeGreaterThanOrEqual(0);
    expect(reconnectAfterMs).toBeLessThanOrEqual(30_000);
  }
  const auth = { token: await gateway.issuer.token(randomUUID()), deviceId: randomUUID() };
  expect((await refusal(gateway.client(auth))).data).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
  await gateway.message.reply(command, '{"ok":true}');
  expect(await answer).toEqual({ ok: true });
  ada.client.disconnect();
  grace.client.disconnect();
  await closed;

  const sessions = new Map(await gateway.recordsOf(topics.sessions.name));
  for (const { userId, ready } of [ada, grace])
    expect(sessions.get(`${userId}/${ready.sessionId}`)).toBeNull();
  const [, last] = (await gateway.recordsOf(topics.instances.name)).at(-1) ?? [];
  expect(JSON.parse(last ?? '')).toMatchObject({ event: 'process.stopped', slot: 'gateway-0' });
  await gateway.stop();
});

test('a connection that never said who it is does not hold up the end', async () => {
  const gateway = await GatewayHarness.start();
  const { hostname, port } = new URL(gateway.url);
  const tcp = connectTcp({ host: hostname, port: Number(port) });
  tcp.write(
    `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: ${hostname}\r\nUpgrade: websocket\r\n` +
      'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n',
  );
  await once(tcp, 'data');
  const gone = once(tcp, 'close');
  await gateway.app.close();
  await gone;
  await gateway.stop();
});

test('clients that stay are closed when the time is over, in a way that makes them come again', async () => {
  const gateway = await GatewayHarness.start({ drainMs: 200 });
  const { client } = await gateway.connect();
  const gone = next(client, 'disconnect');
  await gateway.app.close();
  expect(await gone).toBe('transport close');
  await gateway.stop();
});
