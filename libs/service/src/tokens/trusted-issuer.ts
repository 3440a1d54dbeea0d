import { z } from 'zod';
import { ConfigError } from '../config/load-config.js';
import { jsonText } from '../config/settings.js';

/** A set of public keys, as JWKS. */
export const keySetSchema = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });
export type KeySet = z.infer<typeof keySetSchema>;

/** Never `none`, never a shared secret. RS256 only where an issuer's configuration asks for it, as most OIDC providers need. */
const algorithmSchema = z.enum(['ES256', 'EdDSA', 'RS256']);
const ownAlgorithms: z.infer<typeof algorithmSchema>[] = ['ES256', 'EdDSA'];

/** One issuer whose access tokens are accepted. */
export const trustedIssuerSchema = z
  .strictObject({
    issuer: z.string().min(1),
    audience: z.string().min(1),
    jwks: keySetSchema.optional(),
    jwksUrl: z.url().optional(),
    algorithms: z.array(algorithmSchema).min(1).default(ownAlgorithms),
    userIdClaim: z.string().min(1).default('sub'),
    /**
     * Whether that claim is the id of a user here, so that the issuer can speak for everyone, registered or not.
     * Otherwise its users are people of their own, with an id made of issuer and claim.
     */
    subjectIsUserId: z.boolean().default(false),
    deviceIdClaim: z.string().min(1).default('deviceId'),
    scopeClaim: z.string().min(1).default('scope'),
  })
  .refine((issuer) => (issuer.jwks === undefined) !== (issuer.jwksUrl === undefined), {
    message: 'exactly one of jwks and jwksUrl is needed',
  });

export type TrustedIssuer = z.output<typeof trustedIssuerSchema>;
export type TrustedIssuerInput = z.input<typeof trustedIssuerSchema>;

/** Ourselves: our subjects are our users. */
export function ownIssuer(
  own: Pick<TrustedIssuerInput, 'issuer' | 'audience' | 'jwks' | 'jwksUrl'>,
): TrustedIssuer {
  return trustedIssuerSchema.parse({ ...own, subjectIsUserId: true });
}

/** What each service reads from the environment to know whose tokens it accepts. */
export const tokenEnvironment = {
  TOKEN_ISSUER: z.string().min(1).default('parley'),
  TOKEN_AUDIENCE: z.string().min(1).default('parley'),
  /** Our own public keys: where the message service serves them, or the key set itself. */
  TOKEN_JWKS_URL: z.url().optional(),
  TOKEN_JWKS: jsonText(keySetSchema).optional(),
  EXTERNAL_ISSUERS: jsonText(z.array(trustedIssuerSchema)).default([]),
};

interface TokenEnvironment {
  TOKEN_ISSUER: string;
  TOKEN_AUDIENCE: string;
  TOKEN_JWKS_URL?: string | undefined;
  TOKEN_JWKS?: KeySet | undefined;
  EXTERNAL_ISSUERS: TrustedIssuer[];
}

/**
 * Our own issuer (where its keys are known) and the external ones.
 * @param ownKeys the public keys, where this process holds them itself; they win over the environment
 * @throws ConfigError where that is none
 */
export function trustedIssuers(environment: TokenEnvironment, ownKeys?: KeySet): TrustedIssuer[] {
  const jwks = ownKeys ?? environment.TOKEN_JWKS;
  const external = environment.EXTERNAL_ISSUERS;
  if (jwks === undefined && environment.TOKEN_JWKS_URL === undefined) {
    if (external.length > 0) return external;
    throw new ConfigError([
      'TOKEN_JWKS_URL: is missing (or TOKEN_JWKS, or EXTERNAL_ISSUERS): no token could be valid',
    ]);
  }
  const keys = jwks === undefined ? { jwksUrl: environment.TOKEN_JWKS_URL } : { jwks };
  const own = ownIssuer({ issuer: environment.TOKEN_ISSUER, audience: environment.TOKEN_AUDIENCE, ...keys });
  return [own, ...external];
}
