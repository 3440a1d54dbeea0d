import { jsonText, type PrivateKey, privateKeySchema } from '@parley/service';

/** What the accounts read from the environment, beside what every service knows of tokens. */
export const accountEnvironment = {
  /** Signs access tokens: a private JWK, EC P-256 or OKP Ed25519. The same in every process. */
  TOKEN_PRIVATE_KEY: jsonText(privateKeySchema),
};

/** Abstract rather than an interface so that it serves as an injection token. */
export abstract class AccountSettings {
  /** Of our own tokens. */
  abstract readonly issuer: string;
  abstract readonly audience: string;
  abstract readonly privateKey: PrivateKey;
}
