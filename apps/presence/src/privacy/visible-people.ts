import { Injectable } from '@nestjs/common';
import { type PresenceVisibility } from '@parley/contracts';
import { Membership } from '@parley/membership';
import { PrivacyStore } from './privacy-store.js';

const unlessChosen: PresenceVisibility = 'shared';

/** Who may see whom. */
@Injectable()
export class VisiblePeople {
  constructor(
    private readonly privacy: PrivacyStore,
    private readonly membership: Membership,
  ) {}

  /**
   * Those whom the user may see, each once: themselves always, nobody whom a block stands between, and of the rest
   * whoever allows it.
   */
  async of(userId: string, userIds: readonly string[]): Promise<string[]> {
    const others = [...new Set(userIds)].filter((other) => other !== userId);
    const [chosen, blocked, sharing] = await Promise.all([
      this.privacy.visibilities(others),
      this.privacy.blockedEitherWay(userId, others),
      this.membership.sharesConversation(userId, others),
    ]);
    const mayBeSeen = (other: string): boolean => {
      switch (chosen.get(other) ?? unlessChosen) {
        case 'everybody':
          return true;
        case 'shared':
          return sharing.has(other);
        case 'nobody':
          return false;
      }
    };
    const visible = others.filter((other) => !blocked.has(other) && mayBeSeen(other));
    return userIds.includes(userId) ? [userId, ...visible] : visible;
  }
}
