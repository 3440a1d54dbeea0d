import { jsonText, type PrivateKey, privateKeySchema } from '@parley/service';
import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';

/** A key that signs tokens: made at the first start, the same at every later one, so that tokens stay good. */
export async function keptSigningKey(file: string): Promise<PrivateKey> {
  const fresh = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  try {
    await writeFile(file, JSON.stringify(fresh), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return jsonText(privateKeySchema).parse(await readFile(file, 'utf8'));
}
