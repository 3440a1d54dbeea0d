import { ParleyClient } from '@parley/client';
import { FileStore } from '@parley/client/node';
import { createInterface } from 'node:readline';

/** What the program is started with, as JSON. */
export interface ProgramSettings {
  readonly url: string;
  readonly token: string;
  readonly deviceId: string;
  readonly folder: string;
  /** The one that it writes to, and tells of. */
  readonly conversationId: string;
  /** How far the clock of its machine is off. */
  readonly clockOffMs?: number;
}

/** What it tells on its standard output, one JSON object per line. */
export type ProgramReport =
  | { readonly event: 'sent'; readonly text: string; readonly tokens: number }
  | { readonly event: 'failed'; readonly text: string; readonly code: string; readonly outcome: string }
  | { readonly event: 'received'; readonly text: string };

/** An application with an outbox on the disk, in a process of its own, so that a test can kill it. */
const settings = JSON.parse(process.argv[2] ?? '{}') as ProgramSettings;
const { folder, token, deviceId, url, conversationId, clockOffMs = 0 } = settings;
const report = (line: ProgramReport) => process.stdout.write(`${JSON.stringify(line)}\n`);

if (clockOffMs !== 0) {
  const Right = Date;
  globalThis.Date = class extends Right {
    constructor(...given: []) {
      if (given.length === 0) super(Right.now() + clockOffMs);
      else super(...given);
    }
    static override now = () => Right.now() + clockOffMs;
  } as DateConstructor;
}

let tokens = 0;
const tokenProvider = () => {
  tokens += 1;
  return token;
};
const client = new ParleyClient({ url, deviceId, tokenProvider, store: new FileStore(folder) });
client.on('failed', ({ message }) => {
  const { code = 'INTERNAL', outcome = 'unknown' } = message.error ?? {};
  report({ event: 'failed', text: message.text, code, outcome });
});
client.conversation(conversationId).on('message', ({ message, how }) => {
  if (how !== 'new') return;
  if (message.senderId === client.session?.userId) report({ event: 'sent', text: message.text, tokens });
  else report({ event: 'received', text: message.text });
});
createInterface(process.stdin)
  // Texts to write, one right after the other.
  .on('line', (line) => {
    for (const text of JSON.parse(line) as string[]) {
      client
        .conversation(conversationId)
        .send({ text })
        .catch(() => undefined);
    }
  })
  // The test is gone.
  .on('close', () => process.exit());
await client.connect();
