import { type CanActivate, type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Refusal } from '@parley/contracts';
import { TokenVerifier } from '../tokens/token-verifier.js';
import { type ServiceRequest } from './http-exchange.js';

const isPublic = 'parley:public';

/** The route, or all routes of the controller, need no access token. */
export const Public = () => SetMetadata(isPublic, true);

export function isPublicRoute(handler: object, controller: object): boolean {
  return [handler, controller].some((target) => Reflect.getMetadata(isPublic, target) === true);
}

@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly verifier: TokenVerifier,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    // A socket is authenticated once, in its handshake.
    if (context.getType() !== 'http') return true;
    if (this.reflector.getAllAndOverride<boolean>(isPublic, [context.getHandler(), context.getClass()]))
      return true;
    const request = context.switchToHttp().getRequest<ServiceRequest>();
    request.token = await this.verifier.verify(bearerToken(request));
    return true;
  }
}

function bearerToken(request: ServiceRequest): string {
  const [scheme, token, ...rest] = (request.headers.authorization ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'bearer' || !token || rest.length > 0) {
    throw new Refusal(
      'UNAUTHENTICATED',
      'Send an access token in the header "Authorization: Bearer <token>".',
    );
  }
  return token;
}
