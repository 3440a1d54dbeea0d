import { Controller, Get } from '@nestjs/common';
import {
  type Presence,
  type PresenceQuery,
  presenceQuerySchema,
  type PresenceSnapshot,
} from '@parley/contracts';
import { unavailableIfTransient } from '@parley/database';
import { CurrentUser, type VerifiedToken, ZodQuery } from '@parley/service';
import { ProjectionLag } from '../privacy/projection-lag.js';
import { VisiblePeople } from '../privacy/visible-people.js';
import { StatusStore } from '../statuses/status-store.js';
import { Grants } from './grants.js';
import { LoggedInDevices } from './logged-in-devices.js';

@Controller('v1/presence')
export class PresenceController {
  constructor(
    private readonly people: VisiblePeople,
    private readonly statuses: StatusStore,
    private readonly grants: Grants,
    private readonly devices: LoggedInDevices,
    private readonly lag: ProjectionLag,
  ) {}

  @Get()
  async read(
    @CurrentUser() token: VerifiedToken,
    @ZodQuery(presenceQuerySchema) { userIds }: PresenceQuery,
  ): Promise<PresenceSnapshot> {
    this.devices.check(token);
    this.lag.check();
    const { userId } = token;
    try {
      const visible = await this.people.of(userId, userIds);
      const [stored, grant] = await Promise.all([
        this.statuses.find(visible),
        this.grants.sign(userId, visible),
      ]);
      const known = new Map(stored.map((status) => [status.userId, status]));
      return { items: visible.map((id) => known.get(id) ?? neverConnected(id)), grant };
    } catch (error) {
      throw unavailableIfTransient(error, 'none');
    }
  }
}

function neverConnected(userId: string): Presence {
  return { userId, status: 'offline', lastActiveAt: null, version: 0 };
}
