import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { type TrustedIssuer, trustedIssuerSchema } from '../tokens/trusted-issuer.js';

export interface TestTokenOptions {
  deviceId?: string;
  scope?: string;
  /** Seconds from now; negative for an expired token. Default 3600. */
  expiresInSeconds?: number;
  audience?: string;
}

/** An issuer with a key of its own, for tests and load runs that need many users without registering them: it speaks for anyone. */
export class TestIssuer {
  private constructor(
    private readonly privateKey: CryptoKey,
    /** What the services under test get as one of `EXTERNAL_ISSUERS`. */
    readonly trusted: TrustedIssuer,
  ) {}

  static async create(issuer = 'https://issuer.test', audience = 'parley'): Promise<TestIssuer> {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const key = { ...(await exportJWK(publicKey)), kty: 'EC', kid: 'test', alg: 'ES256', use: 'sig' };
    const trusted = { issuer, audience, jwks: { keys: [key] }, subjectIsUserId: true };
    return new TestIssuer(privateKey, trustedIssuerSchema.parse(trusted));
  }

  async token(userId: string, options: TestTokenOptions = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      ...(options.deviceId === undefined ? {} : { deviceId: options.deviceId }),
      ...(options.scope === undefined ? {} : { scope: options.scope }),
    };
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: 'test' })
      .setIssuer(this.trusted.issuer)
      .setAudience(options.audience ?? this.trusted.audience)
      .setSubject(userId)
      .setIssuedAt(now)
      .setExpirationTime(now + (options.expiresInSeconds ?? 3600))
      .sign(this.privateKey);
  }
}
