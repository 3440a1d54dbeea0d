import { type DynamicModule, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AuthGuard } from '../rest/auth-guard.js';
import { TokenVerifier } from './token-verifier.js';
import { type TrustedIssuer } from './trusted-issuer.js';

/** Makes every route of the process ask for a valid access token, unless it is marked `@Public()`. Import it once. */
@Module({})
export class TokensModule {
  static register(issuers: readonly TrustedIssuer[]): DynamicModule {
    return {
      module: TokensModule,
      global: true,
      providers: [
        { provide: TokenVerifier, useFactory: () => new TokenVerifier(issuers) },
        { provide: APP_GUARD, useClass: AuthGuard },
      ],
      exports: [TokenVerifier],
    };
  }
}
