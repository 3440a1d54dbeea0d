import { TestIssuer } from '@parley/service/testing';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface KeySet {
  readonly keys: readonly object[];
}

export interface TokenKeys {
  /** Signs the access tokens of people who log in. */
  readonly privateKey: object;
  readonly publicKeys: KeySet;
  /** Signs what the presence service grants. */
  readonly presenceKey: object;
  readonly presencePublicKeys: KeySet;
  /** Mints tokens for any user without a login. Its key lives and dies with this object. */
  readonly issuer: TestIssuer;
}

/** The signing key is kept with the data, so that those who are logged in stay so over a restart of the cluster. */
export async function loadTokenKeys(dataDir: string): Promise<TokenKeys> {
  const privateKey = await rememberedKey(join(dataDir, 'token-key.json'));
  const presenceKey = await rememberedKey(join(dataDir, 'presence-key.json'));
  return {
    privateKey,
    publicKeys: publicHalf(privateKey),
    presenceKey,
    presencePublicKeys: publicHalf(presenceKey),
    issuer: await TestIssuer.create(),
  };
}

function publicHalf({ kty, crv, x, y, kid }: Record<string, unknown>): KeySet {
  return { keys: [{ kty, crv, x, y, kid, alg: 'ES256', use: 'sig' }] };
}

async function rememberedKey(file: string): Promise<Record<string, unknown>> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg: 'ES256' };
  await writeFile(file, JSON.stringify(key), { mode: 0o600 });
  return key;
}
