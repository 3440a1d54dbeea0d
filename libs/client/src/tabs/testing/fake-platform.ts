import { type TabChannel, type TabPlatform } from '../tabs.js';

/** Locks and channels as a browser has them, for one test: handed on in order, and told later, never at once. */
export class FakePlatform implements TabPlatform {
  private readonly channels = new Map<string, Set<TabChannel>>();
  private readonly tails = new Map<string, Promise<unknown>>();

  readonly locks = {
    request: (name: string, { signal }: { signal: AbortSignal }, callback: () => Promise<void>) => {
      const before = this.tails.get(name) ?? Promise.resolve();
      const turn = before.then(() => {
        if (signal.aborted) throw new Error('aborted');
        return callback();
      });
      this.tails.set(
        name,
        turn.catch(() => undefined),
      );
      return turn;
    },
  };

  channel(name: string): TabChannel {
    const others = this.channels.get(name) ?? new Set<TabChannel>();
    this.channels.set(name, others);
    const channel: TabChannel = {
      onmessage: null,
      postMessage: (message) => {
        const copy = structuredClone(message);
        for (const each of others) {
          if (each !== channel) setTimeout(() => each.onmessage?.({ data: copy }));
        }
      },
      close: () => {
        others.delete(channel);
        channel.onmessage = null;
      },
    };
    others.add(channel);
    return channel;
  }
}
