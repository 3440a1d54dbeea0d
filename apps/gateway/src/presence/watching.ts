import { Injectable } from '@nestjs/common';
import type { PresenceWatched } from '@parley/contracts';
import type { Session } from '../sessions/session.js';
import { PresenceChanges } from './presence-changes.js';
import { PresenceGrants } from './presence-grants.js';
import { Watches } from './watches.js';

/** What sessions ask for to see how people come and go. */
@Injectable()
export class Watching {
  constructor(
    private readonly grants: PresenceGrants,
    private readonly watches: Watches,
    private readonly changes: PresenceChanges,
  ) {}

  /** @throws Refusal */
  async watch(session: Session, grant: string): Promise<PresenceWatched> {
    const { userIds, expiresAt } = await this.grants.verify(grant, session.userId);
    this.watches.add(session, userIds, expiresAt);
    await this.changes.catchUp(session, userIds);
    return { expiresAt: new Date(expiresAt).toISOString() };
  }

  unwatch(session: Session, userIds: readonly string[]): void {
    this.watches.remove(session, userIds);
  }
}
