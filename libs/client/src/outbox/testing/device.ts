import { type Store } from '../../stores/store.js';
import { type Result } from '../entry.js';
import { Outbox } from '../outbox.js';
import { defaultOutboxOptions, Sender } from '../sender.js';
import { ScriptedLink } from './scripted-link.js';

/** A client's part around an outbox: what it would show, and its way to the server. */
export class Device {
  readonly link = new ScriptedLink();
  readonly results: [string, Result][] = [];
  readonly outbox: Outbox;

  constructor(store: Store) {
    const sender = new Sender(this.link, { ...defaultOutboxOptions, sleep: async () => undefined });
    this.outbox = new Outbox(sender, store, {
      queued: () => undefined,
      discarded: () => undefined,
      settled: ({ id }, result) => this.results.push([id, result]),
    });
  }

  send(id: string, conversationId = 'c'): Promise<unknown> {
    return this.outbox.submit('message.send', { conversationId, id, text: `text of ${id}` });
  }

  shown(conversationId = 'c'): string[] {
    return this.outbox.of(conversationId).map(({ id, failure }) => (failure ? `${id} failed` : id));
  }
}

export const yes = { ok: true, data: { message: 'stored' } } as const;

/** Long enough for whatever waits for nothing but promises. */
export const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
};

/** Waits until the store holds so many commands. */
export async function kept(store: Store, count: number): Promise<void> {
  while ((await store.list('outbox/')).length !== count) await new Promise(setImmediate);
}
