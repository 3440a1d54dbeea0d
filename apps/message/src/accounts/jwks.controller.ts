import { Controller, Get, Header } from '@nestjs/common';
import { Public } from '@parley/service';
import { AccessTokens } from './access-tokens.js';
import { type PublicKey } from './account-settings.js';

@Public()
@Controller('.well-known')
export class JwksController {
  constructor(private readonly accessTokens: AccessTokens) {}

  /** The keys that our access tokens are verified with. */
  @Get('jwks.json')
  @Header('cache-control', 'public, max-age=300')
  keys(): { keys: PublicKey[] } {
    return { keys: [this.accessTokens.publicKey] };
  }
}
