import { Injectable } from '@nestjs/common';
import { topics } from '@parley/contracts';
import { BackgroundPublisher, TopicAdmin } from '@parley/event-bus';
import { Pool } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { republishAccounts } from './republished-accounts.js';
import { type ConversationSelection, pagesOfConversations } from './republished-conversations.js';

/** Accounts go with `all` and `since` too: when they changed is not kept. */
export type RepublishSelection = ConversationSelection | { readonly of: 'accounts'; readonly after?: string };

/** What was published so far. */
export interface RepublishProgress {
  readonly conversations: number;
  /** Rows, of those who left too. */
  readonly members: number;
  readonly accounts: number;
  /** What is left where it ends now. */
  readonly rest: RepublishSelection;
}

export interface RepublishOptions {
  /** Told after each page, when it is confirmed. */
  onProgress?(progress: RepublishProgress): void;
  /** Ends it after the page under way. */
  readonly signal?: AbortSignal;
  /** Rests after each page for as long as it took, so that others get on. */
  readonly gentle?: boolean;
}

/**
 * Publishes the state of conversations and accounts again, marked `republished`: for projections that start with
 * nothing, missed something, or whose log died. It undoes nothing: rows of members say how new they are, and an
 * account does not change between being read and being published.
 */
@Injectable()
export class Republisher {
  constructor(
    private readonly pool: Pool,
    private readonly publisher: BackgroundPublisher,
    private readonly topicAdmin: TopicAdmin,
  ) {}

  /** @throws PublishError or an error of the database; `onProgress` was told what is left then */
  async republish(selection: RepublishSelection, options: RepublishOptions = {}): Promise<RepublishProgress> {
    await this.topicAdmin.ensure([topics.conversationEvents, topics.accountEvents]);
    let progress: RepublishProgress = { conversations: 0, members: 0, accounts: 0, rest: selection };
    let pageBegan = Date.now();
    for await (const page of this.pages(selection)) {
      progress = {
        conversations: progress.conversations + (page.conversations ?? 0),
        members: progress.members + (page.members ?? 0),
        accounts: progress.accounts + (page.accounts ?? 0),
        rest: page.rest ?? progress.rest,
      };
      options.onProgress?.(progress);
      if (options.signal?.aborted) return progress;
      if (options.gentle) await sleep(Date.now() - pageBegan);
      pageBegan = Date.now();
    }
    return progress;
  }

  private async *pages(selection: RepublishSelection): AsyncGenerator<Partial<RepublishProgress>> {
    if (selection.of !== 'accounts') yield* this.conversationPages(selection);
    if (selection.of !== 'conversation') {
      const after = selection.of === 'accounts' ? selection.after : undefined;
      for await (const { accounts, completeTo } of republishAccounts(this.pool, this.publisher, after)) {
        yield { accounts, rest: { of: 'accounts', after: completeTo } };
      }
    }
  }

  private async *conversationPages(
    selection: ConversationSelection,
  ): AsyncGenerator<Partial<RepublishProgress>> {
    for await (const { records, completeTo, ...counts } of pagesOfConversations(this.pool, selection)) {
      await this.publisher.publish(records);
      if (selection.of === 'conversation' || completeTo === null) yield counts;
      else yield { ...counts, rest: { ...selection, after: completeTo } };
    }
  }
}
