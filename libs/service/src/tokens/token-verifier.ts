import { hash } from 'node:crypto';
import { idSchema, Refusal } from '@parley/contracts';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeJwt,
  errors,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyGetKey,
} from 'jose';
import { type TrustedIssuer } from './trusted-issuer.js';
import { urlNamespace, uuidV5 } from './uuid-v5.js';

export interface VerifiedToken {
  readonly issuer: string;
  readonly userId: string;
  /** Absent in tokens of external issuers that know no devices. */
  readonly deviceId?: string;
  readonly scopes: readonly string[];
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

interface Issuer {
  readonly trusted: TrustedIssuer;
  readonly keys: JWTVerifyGetKey;
}

/** Clocks of issuer and verifier may differ by this much. */
const clockToleranceSeconds = 5;
/** Longer ones are no access tokens of anybody, and hashing them would be work for nothing. */
const maxTokenLength = 8_192;

/**
 * Verifies access tokens. Verified ones are remembered by their hash until they expire, because after a restart all
 * clients come back at once with tokens that were verified before.
 */
export class TokenVerifier {
  private readonly issuers = new Map<string, Issuer>();
  /** Least recently used first. */
  private readonly verified = new Map<string, VerifiedToken>();

  /** @throws Error when an issuer is configured twice */
  constructor(
    trusted: readonly TrustedIssuer[],
    private readonly maxRemembered = 50_000,
  ) {
    for (const issuer of trusted) {
      if (this.issuers.has(issuer.issuer))
        throw new Error(`token issuer ${issuer.issuer} is configured twice`);
      this.issuers.set(issuer.issuer, { trusted: issuer, keys: keysOf(issuer) });
    }
  }

  /** @throws Refusal `UNAUTHENTICATED`, or `UNAVAILABLE` while the issuer's keys cannot be fetched */
  async verify(token: string): Promise<VerifiedToken> {
    if (token.length > maxTokenLength) throw unauthenticated('The access token is too long.');
    const fingerprint = hash('sha256', token, 'base64');
    const known = this.recall(fingerprint);
    if (known) return known;
    const issuer = this.issuerOf(token);
    const verified = describe(await check(token, issuer), issuer.trusted);
    this.remember(fingerprint, verified);
    return verified;
  }

  private issuerOf(token: string): Issuer {
    const issuer = this.issuers.get(String(decode(token).iss));
    if (!issuer) throw unauthenticated('The issuer of the access token is not trusted here.');
    return issuer;
  }

  private recall(fingerprint: string): VerifiedToken | undefined {
    const known = this.verified.get(fingerprint);
    if (!known) return undefined;
    this.verified.delete(fingerprint);
    if (known.expiresAt + clockToleranceSeconds * 1000 <= Date.now()) throw expired();
    this.verified.set(fingerprint, known);
    return known;
  }

  private remember(fingerprint: string, token: VerifiedToken): void {
    this.verified.set(fingerprint, token);
    if (this.verified.size <= this.maxRemembered) return;
    for (const oldest of this.verified.keys()) {
      this.verified.delete(oldest);
      return;
    }
  }
}

function keysOf(issuer: TrustedIssuer): JWTVerifyGetKey {
  if (issuer.jwks) return createLocalJWKSet(issuer.jwks);
  // The cool-down bounds how often an unknown key id makes us ask again, and so how fast a new key is accepted.
  return createRemoteJWKSet(new URL(issuer.jwksUrl ?? ''), {
    timeoutDuration: 3_000,
    cooldownDuration: 5_000,
  });
}

function decode(token: string): JWTPayload {
  try {
    return decodeJwt(token);
  } catch (error) {
    throw unauthenticated('The access token is no JSON Web Token.', error);
  }
}

async function check(token: string, { trusted, keys }: Issuer): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer: trusted.issuer,
      audience: trusted.audience,
      algorithms: trusted.algorithms,
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ['iat', 'exp', trusted.userIdClaim],
    });
    return payload;
  } catch (error) {
    throw refusalOf(error);
  }
}

const tokenFaults = [
  errors.JWTClaimValidationFailed,
  errors.JWTInvalid,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
];

function refusalOf(error: unknown): Refusal {
  if (error instanceof errors.JWTExpired) return expired(error);
  if (tokenFaults.some((fault) => error instanceof fault)) {
    return unauthenticated('The access token is not valid: log in again.', error);
  }
  return new Refusal(
    'UNAVAILABLE',
    'The keys of the token issuer cannot be fetched at the moment: try again.',
    {
      cause: error,
    },
  );
}

function describe(payload: JWTPayload, issuer: TrustedIssuer): VerifiedToken {
  const device = payload[issuer.deviceIdClaim];
  return {
    issuer: issuer.issuer,
    userId: userIdOf(payload[issuer.userIdClaim], issuer),
    ...(device === undefined ? {} : { deviceId: deviceIdOf(device, issuer) }),
    scopes: scopesOf(payload[issuer.scopeClaim]),
    issuedAt: Number(payload.iat) * 1000,
    expiresAt: Number(payload.exp) * 1000,
  };
}

/** A UUID is no better than any other name: an issuer that chooses its subjects freely could choose a user of ours. */
function userIdOf(claim: unknown, issuer: TrustedIssuer): string {
  const subject = textOf(claim);
  if (!issuer.subjectIsUserId) return nameBasedId(subject, issuer);
  const userId = uuidOf(subject);
  if (userId === undefined) throw unauthenticated('The subject of the access token is no user id.');
  return userId;
}

/** A device belongs to its user, so that nobody gains anything by naming somebody else's. */
function deviceIdOf(claim: unknown, issuer: TrustedIssuer): string {
  const device = textOf(claim);
  return uuidOf(device) ?? nameBasedId(device, issuer);
}

function textOf(claim: unknown): string {
  if (typeof claim === 'string' && claim !== '') return claim;
  throw unauthenticated('The access token names no user or device.');
}

function uuidOf(text: string): string | undefined {
  return idSchema.safeParse(text.toLowerCase()).data;
}

/** The same name at the same issuer is always the same id. */
function nameBasedId(name: string, { issuer }: TrustedIssuer): string {
  return uuidV5(uuidV5(urlNamespace, issuer), name);
}

function scopesOf(claim: unknown): string[] {
  if (typeof claim === 'string') return claim.split(' ').filter((scope) => scope !== '');
  return Array.isArray(claim) ? claim.filter((scope): scope is string => typeof scope === 'string') : [];
}

function unauthenticated(message: string, cause?: unknown): Refusal {
  return new Refusal('UNAUTHENTICATED', message, { cause });
}

function expired(cause?: unknown): Refusal {
  return unauthenticated('The access token has expired: refresh it.', cause);
}
