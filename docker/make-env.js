// Writes .env, the secrets that docker-compose.yml asks for, once. Needs nothing but Node:
//   node docker/make-env.js
//   docker run --rm -v "$PWD:/parley" -w /parley node:24-slim node docker/make-env.js
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';

const password = () => randomBytes(24).toString('base64url');
/** The two lines of a key that signs something: the key itself, and what others verify with. */
const keyPair = (name, publicName) => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg: 'ES256', use: 'sig' };
  const { d, ...publicKey } = key;
  // In single quotes, or compose would take the quotes of the JSON for its own.
  return [
    `${name}='${JSON.stringify({ ...publicKey, d })}'`,
    `${publicName}='${JSON.stringify({ keys: [publicKey] })}'`,
  ];
};

const file = process.argv[2] ?? '.env';
const lines = [
  `POSTGRES_PASSWORD=${password()}`,
  `MESSAGE_DATABASE_PASSWORD=${password()}`,
  `PRESENCE_DATABASE_PASSWORD=${password()}`,
  ...keyPair('TOKEN_PRIVATE_KEY', 'TOKEN_JWKS'),
  ...keyPair('PRESENCE_PRIVATE_KEY', 'PRESENCE_JWKS'),
];
try {
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600, flag: 'wx' });
  console.log(`wrote ${file}`);
} catch (error) {
  if (error.code !== 'EEXIST') throw error;
  console.error(`${file} exists already: new passwords would not fit the data, so it was left alone`);
  process.exitCode = 1;
}
