import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { SignJWT, UnsecuredJWT } from 'jose';
import { TestIssuer } from '../testing/test-issuer.js';
import { TokenVerifier } from './token-verifier.js';
import { ownIssuer, type TrustedIssuer, trustedIssuerSchema } from './trusted-issuer.js';

const ada = '0199a3c0-0000-7000-8000-000000000001';
const phone = '0199a3c0-0000-7000-8000-0000000000aa';
let issuer: TestIssuer;
let verifier: TokenVerifier;

beforeAll(async () => {
  issuer = await TestIssuer.create();
  verifier = new TokenVerifier([issuer.trusted]);
});

afterEach(() => {
  jest.useRealTimers();
});

describe('a valid token', () => {
  test('tells user, device, scopes and times', async () => {
    const token = await issuer.token(ada, { deviceId: phone, scope: 'parley:operator other' });
    const verified = await verifier.verify(token);
    expect(verified).toMatchObject({
      issuer: 'https://issuer.test',
      userId: ada,
      deviceId: phone,
      scopes: ['parley:operator', 'other'],
    });
    expect(verified.expiresAt - verified.issuedAt).toBe(3_600_000);
    expect(await verifier.verify(token)).toBe(verified);
  });

  describe.each(['google|123', ada])('names its user %s', (subject) => {
    test('in words of its own: the same text is the same id, at another issuer another', async () => {
      const other = await TestIssuer.create('https://other.test');
      const both = new TokenVerifier([withForeignSubjects(issuer), withForeignSubjects(other)]);
      const id = async (from: TestIssuer) => (await both.verify(await from.token(subject))).userId;
      expect(await id(issuer)).toMatch(
        /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      );
      expect(await id(issuer)).toBe(await id(issuer));
      expect(await id(issuer)).not.toBe(await id(other));
    });
  });

  test('is not accepted any more when it expires, though it was remembered', async () => {
    const token = await issuer.token(ada, { expiresInSeconds: 60 });
    await verifier.verify(token);
    jest.useFakeTimers({ now: Date.now() + 66_000, doNotFake: ['nextTick', 'setImmediate'] });
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

/** As every external issuer is trusted unless its configuration says more. */
function withForeignSubjects({ trusted }: TestIssuer): TrustedIssuer {
  const { issuer, audience, jwks } = trusted;
  return trustedIssuerSchema.parse({ issuer, audience, jwks });
}

describe('a token is refused', () => {
  const claims = { sub: ada, iss: 'https://issuer.test', aud: 'parley' };
  const forged: [string, () => Promise<string>][] = [
    ['that is no token', async () => 'hello'],
    ['that is far too long', async () => 'a'.repeat(10_000)],
    [
      'without a signature',
      async () => new UnsecuredJWT(claims).setIssuedAt().setExpirationTime('1h').encode(),
    ],
    [
      'signed with a shared secret',
      async () =>
        new SignJWT(claims)
          .setProtectedHeader({ alg: 'HS256', kid: 'test' })
          .setIssuedAt()
          .setExpirationTime('1h')
          .sign(new TextEncoder().encode('x'.repeat(32))),
    ],
    ['signed by another key', async () => (await TestIssuer.create()).token(ada)],
    ['of an unknown issuer', async () => (await TestIssuer.create('https://evil.test')).token(ada)],
    ['for another audience', async () => issuer.token(ada, { audience: 'other' })],
    ['whose subject should be the id of a user and is none', async () => issuer.token('google|123')],
    ['that has expired', async () => issuer.token(ada, { expiresInSeconds: -60 })],
    [
      'whose claims were changed',
      async () => {
        const [header, , signature] = (await issuer.token(ada)).split('.');
        const [, payload] = (await issuer.token(phone)).split('.');
        return [header, payload, signature].join('.');
      },
    ],
  ];

  test.each(forged)('%s', async (_, make) => {
    await expect(verifier.verify(await make())).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

test('keys are fetched from the issuer; while they cannot be, the refusal is retryable', async () => {
  let status = 500;
  const server = createServer((_, response) => {
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(JSON.stringify(issuer.trusted.jwks));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const trusted = trustedIssuerSchema.parse({
    issuer: issuer.trusted.issuer,
    audience: 'parley',
    jwksUrl: `http://127.0.0.1:${port}/jwks.json`,
    subjectIsUserId: true,
  });
  const remote = new TokenVerifier([trusted]);
  const token = await issuer.token(ada);
  try {
    await expect(remote.verify(token)).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    status = 200;
    await expect(remote.verify(token)).resolves.toMatchObject({ userId: ada });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test('an issuer speaks for users of ours only where its configuration says so in so many words', () => {
  const input = { issuer: 'https://sso.test', audience: 'app', jwksUrl: 'https://sso.test/keys' };
  expect(trustedIssuerSchema.parse(input).subjectIsUserId).toBe(false);
  expect(trustedIssuerSchema.parse({ ...input, subjectIsUserId: true }).subjectIsUserId).toBe(true);
  expect(() => trustedIssuerSchema.parse({ ...input, subjectIsUserId: 'true' })).toThrow(/subjectIsUserId/);
  expect(ownIssuer(input).subjectIsUserId).toBe(true);
});

test('RS256 is accepted from an issuer that is configured so, and from no other', () => {
  const input = { issuer: 'https://firebase.test', audience: 'app', jwksUrl: 'https://firebase.test/keys' };
  expect(trustedIssuerSchema.parse(input).algorithms).toEqual(['ES256', 'EdDSA']);
  expect(trustedIssuerSchema.parse({ ...input, algorithms: ['RS256'] }).algorithms).toEqual(['RS256']);
  expect(trustedIssuerSchema.safeParse({ ...input, algorithms: ['none'] }).success).toBe(false);
  expect(trustedIssuerSchema.safeParse({ ...input, algorithms: ['HS256'] }).success).toBe(false);
});
