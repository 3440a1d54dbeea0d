import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Receipt } from '@parley/contracts';
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { ParleyClient } from '../client.js';
import { TinyGateway } from '../connection/testing/tiny-gateway.js';

const ends: (() => void)[] = [];

afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** The REST half of a server, which says how far everybody has come. */
class RestServer {
  /** How often it was asked for the marks. */
  asked = 0;
  overviews = 0;
  away = false;
  readSeq = 0;
  readonly heard = new EventEmitter();
  private readonly server = createServer((request, response) => {
    const isForMarks = request.url?.includes('/receipts') === true;
    const items: Receipt[] = [{ userId: 'ada', deliveredSeq: this.readSeq, readSeq: this.readSeq }];
    const overview = { moved: [], marks: [], historyEpoch: 'one', next: 'next' };
    response.writeHead(isForMarks && this.away ? 503 : 200);
    response.end(JSON.stringify(isForMarks ? { items, nextCursor: null } : overview));
    if (isForMarks) this.asked += 1;
    else this.overviews += 1;
    this.heard.emit(isForMarks ? 'asked' : 'overview');
  });

  async url(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    ends.push(
      () => this.server.closeAllConnections(),
      () => this.server.close(),
    );
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async askedTimes(times: number): Promise<void> {
    while (this.asked < times) await once(this.heard, 'asked');
  }
}

let rest: RestServer;
let gateway: TinyGateway;

beforeEach(() => {
  rest = new RestServer();
  gateway = new TinyGateway();
  ends.push(() => gateway.close());
});

/** @param againMs when what a new session may have missed is asked for once more */
const connected = async (againMs = 1_000_000) => {
  const client = new ParleyClient({
    url: await rest.url(),
    socketUrl: await gateway.url(),
    tokenProvider: () => 'token',
    syncTimes: { againFromMs: againMs, againToMs: againMs },
  });
  ends.push(() => client.close());
  await client.connect();
  return client;
};

test('whoever follows is told what came while the server could not reach this session', async () => {
  const client = await connected();
  await client.conversation('c').follow();
  rest.readSeq = 5;
  const told = new Promise((resolve) => client.on('receipt', resolve));
  gateway.sockets[0]?.emit('session.resync', {});
  expect(await told).toEqual({ conversationId: 'c', userId: 'ada', deliveredSeq: 5, readSeq: 5 });
});

test('whoever follows over a reconnect asks at once, and again when every server knows of the session', async () => {
  const client = await connected(50);
  await client.conversation('c').follow();
  gateway.sockets[0]?.cut();
  await rest.askedTimes(3);
});

test('following ends with the last who follows, and is not begun by whom the server did not answer', async () => {
  const client = await connected();
  const conversation = client.conversation('c');
  rest.away = true;
  await expect(conversation.follow()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  rest.away = false;
  const [one, other] = [await conversation.follow(), await conversation.follow()];
  one();
  one();
  gateway.sockets[0]?.emit('session.resync', {});
  await rest.askedTimes(4);
  other();
  rest.overviews = 0;
  gateway.sockets[0]?.emit('session.resync', {});
  while (rest.overviews === 0) await once(rest.heard, 'overview');
  await client.conversation('other').follow();
  expect(rest.asked).toBe(5);
});
