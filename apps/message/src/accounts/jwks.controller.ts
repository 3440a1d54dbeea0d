import { Controller, Get, Header } from '@nestjs/common';
import { Public, type PublicKey } from '@parley/service';
import { AccessTokens } from './access-tokens.js';

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
