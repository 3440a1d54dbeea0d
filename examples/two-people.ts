// The whole protocol with nothing but fetch and socket.io-client: `npm start` in one terminal, `npm run example` in
// another. Another address than http://localhost:3000: `npm run example -- http://localhost:3100`.
import { randomUUID } from 'node:crypto';
import { io, type Socket } from 'socket.io-client';

const server = process.argv[2] ?? 'http://localhost:3000';

type Message = { id: string; seq: number; version: number; text: string };
type Person = { user: { id: string; displayName: string }; deviceId: string; accessToken: string };
type Synced = { conversations: Record<string, { messages: Message[]; toVersion: number }> };

async function rest<T>(method: string, path: string, person?: Person, body?: object): Promise<T> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (person) headers.authorization = `Bearer ${person.accessToken}`;
  const response = await fetch(server + path, { method, headers, body: body && JSON.stringify(body) });
  const answer = (await response.json()) as T & { error: { code: string; message: string } };
  // Every refusal has the same shape, over the socket too.
  if (!response.ok) throw new Error(`${method} ${path}: ${answer.error.code}: ${answer.error.message}`);
  return answer;
}

const notRunning = (error: Error) => {
  console.error(`${server} does not answer (${error.message}): is "npm start" running in another terminal?`);
  process.exit(1);
};
await fetch(`${server}/health/ready`).catch(notRunning);

const logIn = (username: string) =>
  rest<Person>('POST', '/v1/auth/login', undefined, { username, password: 'parley-demo' });

async function connect({ accessToken, deviceId, user }: Person): Promise<Socket> {
  // WebSocket only: a session lives in one process, which polling requests would miss.
  const socket = io(server, { transports: ['websocket'], auth: { token: accessToken, deviceId } });
  socket.on('connect_error', (error) => console.error(`${user.displayName} is refused: ${error.message}`));
  await new Promise((ready) => socket.once('session.ready', ready));
  console.log(`${user.displayName} is connected`);
  return socket;
}

async function send(socket: Socket, conversationId: string, text: string): Promise<Message> {
  // The id is ours: sent again with it, after a time-out or a reconnect, it is still one message.
  const ack = await socket
    .timeout(8_000)
    .emitWithAck('message.send', { conversationId, id: randomUUID(), text });
  if (!ack.ok) throw new Error(`${ack.error.code}: ${ack.error.message}`);
  // Acknowledged means committed, with its number.
  console.log(`  sent #${ack.data.message.seq}: ${text}`);
  return ack.data.message;
}

const [ada, grace] = await Promise.all([logIn('ada'), logIn('grace')]);
const [adaSocket, graceSocket] = await Promise.all([connect(ada), connect(grace)]);

// A direct conversation is made once, however often one asks for it.
const { id } = await rest<{ id: string }>('POST', '/v1/conversations', ada, {
  kind: 'direct',
  userId: grace.user.id,
});

const received = new Promise<{ version: number; message: Message }>((resolve) =>
  graceSocket.on('message.created', (event) => event.conversationId === id && resolve(event)),
);
await send(adaSocket, id, 'Hello Grace, have you found the bug?');
const { version, message } = await received;
console.log(`Grace receives #${message.seq}: ${message.text}`);

// Grace is away for a while. Versions count every change of a conversation, so she can ask what she missed.
graceSocket.disconnect();
const sent = await send(adaSocket, id, 'It was a moth.');
const { conversations } = await rest<Synced>('POST', '/v1/sync', grace, { cursors: { [id]: version } });
for (const { seq, text } of conversations[id]?.messages ?? []) console.log(`Grace missed #${seq}: ${text}`);

await rest('PATCH', `/v1/conversations/${id}/messages/${sent.id}`, ada, {
  text: 'It was a moth, in relay 70.',
});
const history = await rest<{ items: Message[] }>('GET', `/v1/conversations/${id}/messages?limit=2`, grace);
for (const { seq, text } of history.items) console.log(`history #${seq}: ${text}`);
adaSocket.disconnect();
