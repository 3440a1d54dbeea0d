import type { TokenKeys } from './token-keys.js';

export interface GivenToService {
  slot: string;
  port: number;
  metricsPort: number;
  brokers: readonly string[];
  keys: TokenKeys;
  trustedIssuers: readonly object[];
}

/** What each service reads in its config.ts. */
function serviceEnvironment(given: GivenToService): Record<string, string> {
  return {
    NODE_ENV: 'production',
    PORT: String(given.port),
    METRICS_PORT: String(given.metricsPort),
    SLOT: given.slot,
    KAFKA_BROKERS: given.brokers.join(','),
    // The front door.
    TRUSTED_PROXY_HOPS: '1',
    KAFKA_REPLICATION_FACTOR: String(given.brokers.length),
    ALLOWED_ORIGINS: '*',
    EXTERNAL_ISSUERS: JSON.stringify(given.trustedIssuers),
  };
}

/** By value rather than by url: a gateway can start, and check tokens, while no message process is there. */
export function gatewayEnvironment(given: GivenToService): Record<string, string> {
  return {
    ...serviceEnvironment(given),
    TOKEN_JWKS: JSON.stringify(given.keys.publicKeys),
    PRESENCE_JWKS: JSON.stringify(given.keys.presencePublicKeys),
    DRAIN_SECONDS: '2',
  };
}

export function messageEnvironment(given: GivenToService, databaseUrl: string): Record<string, string> {
  return {
    ...serviceEnvironment(given),
    DATABASE_URL: databaseUrl,
    TOKEN_PRIVATE_KEY: JSON.stringify(given.keys.privateKey),
  };
}

export function presenceEnvironment(given: GivenToService, databaseUrl: string): Record<string, string> {
  return {
    ...serviceEnvironment(given),
    DATABASE_URL: databaseUrl,
    TOKEN_JWKS: JSON.stringify(given.keys.publicKeys),
    PRESENCE_PRIVATE_KEY: JSON.stringify(given.keys.presenceKey),
  };
}
