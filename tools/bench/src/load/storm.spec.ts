import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize } from 'node:v8';
import { type Recording } from './recording.js';
import { Storm } from './storm.js';
import { TinyChat } from './testing/tiny-chat.js';
import { TinyRest } from './testing/tiny-rest.js';

const conversationId = '11111111-1111-4111-8111-111111111111';

let [dying, refuge]: TinyChat[] = [];
let rest: TinyRest;
let folder: string;
/** What the conversation stands at, as REST tells it. */
let version: () => number;

beforeEach(async () => {
  [dying, refuge] = [new TinyChat(), new TinyChat()];
  version = () => 1 + (refuge?.sends ?? 0);
  rest = new TinyRest((method) => {
    const told = { conversationId, version: version() };
    if (method === 'GET') return { body: { moved: [told], next: 'next' } };
    const synced = { messages: [{}], members: [], toVersion: version() };
    return { body: { conversations: { [conversationId]: synced } } };
  });
  folder = await mkdtemp(join(tmpdir(), 'parley-storm-'));
});

afterEach(async () => {
  for (const chat of [dying, refuge]) chat?.stop();
  rest.stop();
  await rm(folder, { recursive: true });
});

async function connectedStorm() {
  const [first, other] = [await dying?.url(), await refuge?.url()] as [string, string];
  const devices = ['writer', 'a', 'b', 'c'].map((name, index) => {
    return { userId: name, deviceId: name, token: 'token', gateway: index === 0 ? other : first };
  });
  const recordingFile = join(folder, 'recording');
  const conversations = [{ id: conversationId, devices: [0, 1, 2, 3] }];
  const restUrl = await rest.url();
  const storm = new Storm({
    devices,
    conversations,
    textLength: 20,
    recordingFile,
    restUrl,
    refuge: other,
  });
  await storm.connect();
  return { storm, recordingFile };
}

test('all come back to the other gateway and hold what was written meanwhile', async () => {
  const { storm, recordingFile } = await connectedStorm();
  const riding = storm.ride(60_000);
  dying?.dropAll();
  const result = await riding;
  storm.end();
  expect(result).toMatchObject({ clients: 3, neverInSync: 0, failed: {} });
  expect(refuge?.devices.sort()).toEqual(['a', 'b', 'c', 'writer']);
  // As the client waits before its first try.
  expect(result.online.p50).toBeGreaterThanOrEqual(100);
  expect(result.inSync.max).toBeGreaterThanOrEqual(result.online.max);
  const { send } = deserialize(await readFile(recordingFile)) as Recording;
  expect(send.id).toHaveLength(1);
});

test('whoever does not learn of the message is not in sync', async () => {
  const { storm } = await connectedStorm();
  version = () => 1;
  const riding = storm.ride(1_500);
  dying?.dropAll();
  expect(await riding).toMatchObject({ neverInSync: 3 });
  storm.end();
});
