import { createPublicKey, hash } from 'node:crypto';
import { z } from 'zod';

/** A private JWK of ES256 or EdDSA: EC P-256 or OKP Ed25519. */
export const privateKeySchema = z
  .looseObject({
    kty: z.enum(['EC', 'OKP']),
    crv: z.enum(['P-256', 'Ed25519']),
    d: z.string(),
    x: z.string(),
  })
  .superRefine((jwk, context) => {
    try {
      publicKeyOf(jwk);
    } catch (error) {
      context.addIssue({ code: 'custom', message: `is no usable private key (${(error as Error).message})` });
    }
  });
export type PrivateKey = z.infer<typeof privateKeySchema>;

export interface PublicKey {
  readonly kty: string;
  readonly kid: string;
  readonly alg: 'ES256' | 'EdDSA';
  readonly use: 'sig';
  readonly [parameter: string]: unknown;
}

/** The public half, with the id under which tokens name it: its own `kid`, or its thumbprint as of RFC 7638. */
export function publicKeyOf(privateKey: { kty: string; crv: string; kid?: unknown }): PublicKey {
  const { kty, crv, x, y } = createPublicKey({ key: privateKey, format: 'jwk' }).export({
    format: 'jwk',
  });
  const parameters = { crv, kty, x, ...(y === undefined ? {} : { y }) };
  const kid = typeof privateKey.kid === 'string' ? privateKey.kid : thumbprint(parameters);
  return { ...parameters, kty: privateKey.kty, kid, alg: kty === 'EC' ? 'ES256' : 'EdDSA', use: 'sig' };
}

/** @param parameters the required ones only, in alphabetical order */
function thumbprint(parameters: object): string {
  return hash('sha256', JSON.stringify(parameters), 'base64url');
}
