import { type SyncOverview, type SyncResponse } from '@parley/contracts';
import { limits } from '@parley/contracts/constants';
import { type RestClient } from './rest-client.js';

/** What one catch-up brought. */
export interface CaughtUp {
  messages: number;
  /** Conversations that got their newest page only. */
  limited: number;
}

/** What a device remembers to catch up: what it held when, and of each conversation how far. */
export class DeviceSync {
  private since: string | undefined;
  /** Known to have moved, not yet asked for: what failed is asked for again. */
  private readonly wanted = new Set<string>();

  constructor(
    private readonly rest: RestClient,
    private readonly token: string,
    readonly versions = new Map<string, number>(),
  ) {}

  /** Takes everything there is now as held. */
  async begin(): Promise<void> {
    for (const { conversationId, version } of await this.moved()) this.versions.set(conversationId, version);
  }

  /** Asks which conversations moved, and for what moved in them. */
  async catchUp(): Promise<CaughtUp> {
    for (const { conversationId, version } of await this.moved())
      if (version > this.versionOf(conversationId)) this.wanted.add(conversationId);
    const caughtUp = { messages: 0, limited: 0 };
    while (this.wanted.size > 0) {
      const ids = [...this.wanted].slice(0, limits.syncConversations.max);
      const cursors = Object.fromEntries(ids.map((id) => [id, this.versionOf(id)]));
      const answer = await this.rest.ask<SyncResponse>('POST', '/v1/sync', this.token, { cursors });
      for (const [id, { messages, toVersion, limited }] of Object.entries(answer.conversations)) {
        this.versions.set(id, toVersion);
        caughtUp.messages += messages.length;
        caughtUp.limited += limited ? 1 : 0;
      }
      for (const id of ids) this.wanted.delete(id);
    }
    return caughtUp;
  }

  versionOf(conversationId: string): number {
    return this.versions.get(conversationId) ?? 0;
  }

  /** Another device that holds the same. */
  copy(): DeviceSync {
    const copy = new DeviceSync(this.rest, this.token, new Map(this.versions));
    copy.since = this.since;
    return copy;
  }

  private async moved(): Promise<SyncOverview['moved']> {
    const moved: SyncOverview['moved'] = [];
    for (let isMore = true; isMore;) {
      const query = this.since === undefined ? '' : `?since=${encodeURIComponent(this.since)}`;
      const page = await this.rest.ask<SyncOverview>('GET', `/v1/sync${query}`, this.token);
      moved.push(...page.moved);
      this.since = page.next;
      isMore = page.more === true;
    }
    return moved;
  }
}
