// What is written without a network goes out later, once, even if the program ends in between.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Auth, ParleyClient } from '@parley/client';
import { FileStore } from '@parley/client/node';

const url = process.argv[2] ?? 'http://localhost:3000';
const auth = new Auth(url);
const login = await auth.login({ username: 'ada', password: 'parley-demo' });
const tokenProvider = auth.tokenProvider(login);
const folder = await mkdtemp(join(tmpdir(), 'parley-example-'));

// Nobody listens there: this device is offline.
const offline = new ParleyClient({
  url,
  socketUrl: 'http://localhost:1',
  tokenProvider,
  store: new FileStore(folder),
});
const { id } = await offline.conversations.createDirect(login.user.id);
void offline.connect();
const conversation = offline.conversation(id);
const waiting = new Promise<void>((resolve) =>
  conversation.on('updated', () => conversation.messages.length === 3 && resolve()),
);
for (const text of ['first', 'second', 'third']) void conversation.send({ text });
await waiting;
for (const { text, state } of conversation.messages) console.log(`${text}: ${state}`);
offline.close();

const online = new ParleyClient({ url, tokenProvider, store: new FileStore(folder) });
const sent = new Promise<void>((resolve) =>
  online.conversation(id).on('message', ({ message }) => {
    console.log(`#${message.seq} ${message.text}`);
    if (message.text === 'third') resolve();
  }),
);
await online.connect();
await sent;
online.close();
await rm(folder, { recursive: true });
