import { Auth, ParleyClient } from '@parley/client';

const url = process.argv[2] ?? 'http://localhost:3000';
const auth = new Auth(url);
const login = await auth.login({ username: 'ada', password: 'parley-demo' });
const client = new ParleyClient({ url, tokenProvider: auth.tokenProvider(login) });
client.on('message', ({ message }) => console.log(`#${message.seq} ${message.text}`));
await client.connect();
const [grace] = (await client.users.search('grace')).items;
const { id } = await client.conversations.createDirect(grace!.id);
await client.conversation(id).send({ text: 'Hello Grace, have you found the bug?' });
client.close();
