import {
  type Environment,
  httpEnvironment,
  httpSettings,
  type HttpSettings,
  loadConfig,
  logLevels,
  tokenEnvironment,
  type TrustedIssuer,
} from '@parley/service';
import { resolve } from 'node:path';
import { z } from 'zod';

/** Everything that standalone reads from its environment; all of it may be absent. */
export interface StandaloneSettings extends HttpSettings {
  /** Absolute path of the folder that holds database and keys. */
  readonly dataDir: string;
  /** Of our own tokens. */
  readonly issuer: string;
  readonly audience: string;
  readonly externalIssuers: readonly TrustedIssuer[];
}

const environmentSchema = z.object({
  ...httpEnvironment,
  /** Everybody knows the password of the demo users: other machines are let in only where that is asked for. */
  HOST: z.string().min(1).default('127.0.0.1'),
  // Somebody looks at this terminal: what is ordinary stays unsaid.
  LOG_LEVEL: z.enum(logLevels).default('warn'),
  TOKEN_ISSUER: tokenEnvironment.TOKEN_ISSUER,
  TOKEN_AUDIENCE: tokenEnvironment.TOKEN_AUDIENCE,
  EXTERNAL_ISSUERS: tokenEnvironment.EXTERNAL_ISSUERS,
  PARLEY_DATA_DIR: z.string().default('.parley'),
});

/** @throws ConfigError */
export function readSettings(environment: Environment = process.env): StandaloneSettings {
  const read = loadConfig(environmentSchema, environment);
  return {
    ...httpSettings(read),
    dataDir: resolve(read.PARLEY_DATA_DIR),
    issuer: read.TOKEN_ISSUER,
    audience: read.TOKEN_AUDIENCE,
    externalIssuers: read.EXTERNAL_ISSUERS,
  };
}
