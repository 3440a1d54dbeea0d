import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Refusal } from '@parley/contracts';
import { Accounts } from '@parley/message';

export const demoPassword = 'parley-demo';
export const demoUsernames = ['ada', 'grace', 'linus'] as const;

/** Somebody to be when one tries things out. */
@Injectable()
export class DemoUsers implements OnApplicationBootstrap {
  constructor(private readonly accounts: Accounts) {}

  async onApplicationBootstrap(): Promise<void> {
    await Promise.all(demoUsernames.map((username) => this.ensure(username)));
  }

  private async ensure(username: string): Promise<void> {
    const displayName = username.charAt(0).toUpperCase() + username.slice(1);
    try {
      await this.accounts.create({ username, password: demoPassword, displayName });
    } catch (error) {
      // There since an earlier start.
      if (!(error instanceof Refusal && error.code === 'CONFLICT')) throw error;
    }
  }
}
