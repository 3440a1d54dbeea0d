import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { topics } from '@parley/contracts';
import { type Following, LogReader, type ReceivedRecord, TopicAdmin } from '@parley/event-bus';
import { encodeEventFrame } from '../outbound/frame.js';
import { SocketFanOut } from '../outbound/socket-fan-out.js';
import { SocketWriter } from '../outbound/socket-writer.js';
import type { Session } from '../sessions/session.js';
import { RecentChanges } from './recent-changes.js';
import { Watches } from './watches.js';

/** A snapshot, and what is watched with its grant within this time, have no gap between them. */
const recentMs = 30_000;

/** Carries `presence.changes` to the sessions that watch; what is in a record is not looked at. */
@Injectable()
export class PresenceChanges implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly recent = new RecentChanges(recentMs);
  private following: Promise<Following> | undefined;

  constructor(
    private readonly reader: LogReader,
    private readonly topicAdmin: TopicAdmin,
    private readonly watches: Watches,
    private readonly fanOut: SocketFanOut,
    private readonly writer: SocketWriter,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.following = this.follow();
    await this.following;
  }

  async onApplicationShutdown(): Promise<void> {
    await (await this.following)?.stop();
  }

  /** Writes what changed lately of these people. Resolves when what comes next of them is sure to be noticed. */
  async catchUp(session: Session, userIds: readonly string[]): Promise<void> {
    await this.following;
    for (const userId of userIds) {
      const frame = this.recent.find(userId);
      if (frame && this.watches.has(session, userId)) this.fanOut.append(session, frame);
    }
    this.fanOut.flush();
  }

  private async follow(): Promise<Following> {
    await this.topicAdmin.ensure([topics.presenceChanges]);
    return this.reader.follow({
      topics: [topics.presenceChanges.name],
      from: 'latest',
      onRecords: (records) => this.read(records),
      onJump: () =>
        this.writer.emitToAll(this.watches.sessions(), 'session.resync', { reason: 'presence-jump' }),
    });
  }

  private read(records: readonly ReceivedRecord[]): void {
    const now = performance.now();
    for (const { key, value } of records) {
      if (key === null || value === null) continue;
      const frame = encodeEventFrame('presence.changed', value);
      this.recent.add(key, frame, now);
      for (const session of this.watches.watchersOf(key)) this.fanOut.append(session, frame);
    }
    this.fanOut.flush();
  }
}
