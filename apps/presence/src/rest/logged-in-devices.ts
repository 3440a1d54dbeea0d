import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DeviceRevocations, type VerifiedToken } from '@parley/service';

/** Tokens end with the login of their device, which any process has to know. */
@Injectable()
export class LoggedInDevices implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(private readonly revocations: DeviceRevocations) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.revocations.follow();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.revocations.stop();
  }

  /** @throws Refusal `UNAUTHENTICATED` */
  check({ userId, deviceId, issuedAt }: VerifiedToken): void {
    if (deviceId !== undefined) this.revocations.requireLoggedIn({ userId, deviceId, issuedAt });
  }
}
