import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export interface TokenClaims {
  readonly userId: string;
  readonly deviceId?: string;
  /** Seconds; negative for a token that has run out. */
  readonly livesFor?: number;
  readonly audience?: string;
  readonly issuer?: string;
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const HOUR = 3600;

/** An external issuer with a key of its own, whose public half the services are configured with. */
export class TestIssuer {
  readonly issuer = 'https://issuer.parley.test';
  readonly audience = 'parley-test';
  private readonly keyId = 'test-key';
  private readonly privateKey: KeyObject;

  /** @param pem the key of an issuer that runs in another process already */
  constructor(pem?: string) {
    this.privateKey = pem === undefined ? generateKeyPairSync('ed25519').privateKey : createPrivateKey(pem);
  }

  /** The private key, for another process of the same test. */
  get pem(): string {
    return this.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  }

  /** The value of `EXTERNAL_ISSUERS`. */
  get configuration(): string {
    const jwk = {
      ...createPublicKey(this.privateKey).export({ format: 'jwk' }),
      kid: this.keyId,
      alg: 'EdDSA',
      use: 'sig',
    };
    const { issuer, audience } = this;
    return JSON.stringify([{ issuer, audience, jwks: { keys: [jwk] }, subjectIsUserId: true }]);
  }

  token(claims: TokenClaims): string {
    return this.signedWith(this.privateKey, claims);
  }

  /** Says what a real one says, signed by somebody else. */
  forgedToken(claims: TokenClaims): string {
    return this.signedWith(generateKeyPairSync('ed25519').privateKey, claims);
  }

  /** Says what a real one says, signed by nobody. */
  unsignedToken(claims: TokenClaims): string {
    return `${encode({ alg: 'none', typ: 'JWT' })}.${encode(this.payload(claims))}.`;
  }

  private signedWith(key: KeyObject, claims: TokenClaims): string {
    const head = encode({ alg: 'EdDSA', typ: 'JWT', kid: this.keyId });
    const content = `${head}.${encode(this.payload(claims))}`;
    return `${content}.${sign(null, Buffer.from(content), key).toString('base64url')}`;
  }

  private payload({ userId, deviceId, livesFor = HOUR, audience, issuer }: TokenClaims) {
    const now = Math.floor(Date.now() / 1000);
    return {
      iss: issuer ?? this.issuer,
      aud: audience ?? this.audience,
      sub: userId,
      iat: Math.min(now, now + livesFor - 1),
      exp: now + livesFor,
      ...(deviceId === undefined ? {} : { deviceId }),
    };
  }
}
