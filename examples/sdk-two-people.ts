// Two people, with typing and receipts: `npm start` in one terminal, `npm run example:sdk` in another.
import { Auth, ParleyClient } from '@parley/client';

const url = process.argv[2] ?? 'http://localhost:3000';

async function connect(username: string) {
  const auth = new Auth(url);
  const login = await auth.login({ username, password: 'parley-demo' });
  const client = new ParleyClient({ url, tokenProvider: auth.tokenProvider(login), receipts: 'auto' });
  await client.connect();
  await client.sync();
  return client;
}

const [ada, grace] = await Promise.all([connect('ada'), connect('grace')]);
const { id } = await ada.conversations.createDirect(grace.session!.userId);
const conversation = ada.conversation(id);

const seen = new Promise<void>((resolve) => grace.on('typing', () => resolve()));
grace.on('typing', ({ active }) => console.log(`Ada ${active ? 'writes' : 'pauses'}`));
grace.on('message', ({ conversationId, message }) => {
  if (message.senderId === grace.session!.userId) return;
  console.log(`Grace receives #${message.seq}: ${message.text}`);
  grace.conversation(conversationId).markRead(message.seq);
});

conversation.typing(true);
await seen;

// The message is shown from the first moment on, and how far it has come: pending, sent, delivered, read.
const text = `Hello Grace, it is ${new Date().toISOString()}`;
const state = () => conversation.messages.find((message) => message.text === text)?.state;
let last: string | null | undefined;
const read = new Promise<void>((resolve) =>
  conversation.on('updated', () => {
    if (state() !== last) console.log(`  ${(last = state())}`);
    if (last === 'read') resolve();
  }),
);
await conversation.send({ text });
await read;
ada.close();
grace.close();
