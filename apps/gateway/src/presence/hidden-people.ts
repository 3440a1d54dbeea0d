import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type AccountEventRecord, timing } from '@parley/contracts';
import { type Following, LogReader, TopicAdmin } from '@parley/event-bus';
import { followAccounts, Log } from '@parley/service';

/** For as long as a grant from before may be used, and clocks may differ. */
const keptMs = timing.presenceGrantLifeMs + 60_000;

/**
 * Who hid lately, from everybody or from somebody: grants from before say otherwise. Those from after know what was
 * said longer ago.
 */
@Injectable()
export class HiddenPeople implements OnApplicationBootstrap, OnApplicationShutdown {
  /** A user who hides from everybody, or `user/other` who blocks the other; with when they said so, oldest first. */
  private readonly hidden = new Map<string, number>();
  private readonly listeners: ((userIds: readonly string[]) => void)[] = [];
  private following: Following | undefined;

  constructor(
    private readonly reader: LogReader,
    private readonly topics: TopicAdmin,
    private readonly log: Log,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { reader, topics, log } = this;
    this.following = await followAccounts({ reader, topics, log }, keptMs, (events) => {
      for (const { event, at } of events) this.apply(event, at);
      this.forget();
    });
    await this.following.caughtUp;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.following?.stop();
  }

  /** @param listener told who is hidden from somebody from now on */
  onHidden(listener: (userIds: readonly string[]) => void): void {
    this.listeners.push(listener);
  }

  /** Nobody hides from themselves, and a block hides both from each other. */
  hides(userId: string, watcherId: string): boolean {
    if (this.hidden.size === 0 || userId === watcherId) return false;
    return [userId, `${userId}/${watcherId}`, `${watcherId}/${userId}`].some((key) => this.hidden.has(key));
  }

  private apply(event: AccountEventRecord, at: number): void {
    switch (event.event) {
      case 'user.updated':
        if (event.presenceVisibleTo !== 'nobody') this.hidden.delete(event.userId);
        else if (!event.republished) this.hide(event.userId, at, [event.userId]);
        return;
      case 'user.blocked':
        this.hide(`${event.userId}/${event.otherUserId}`, at, [event.userId, event.otherUserId]);
        return;
      case 'user.unblocked':
        this.hidden.delete(`${event.userId}/${event.otherUserId}`);
        return;
      case 'device.revoked':
        return;
    }
  }

  private hide(key: string, at: number, userIds: readonly string[]): void {
    this.hidden.delete(key);
    this.hidden.set(key, at);
    for (const listener of this.listeners) listener(userIds);
  }

  private forget(): void {
    const horizon = Date.now() - keptMs;
    for (const [key, at] of this.hidden) {
      if (at > horizon) return;
      this.hidden.delete(key);
    }
  }
}
