import {
  type Environment,
  httpEnvironment,
  httpSettings,
  type HttpSettings,
  jsonText,
  kafkaEnvironment,
  kafkaSettings,
  type KafkaSettings,
  loadConfig,
  type PrivateKey,
  privateKeySchema,
  tokenEnvironment,
  type TrustedIssuer,
  trustedIssuers,
} from '@parley/service';
import { z } from 'zod';

/** What the presence module needs to know; an injection token as well. */
export abstract class PresenceConfig {
  /** Of this process, as it is shown to operators. */
  abstract readonly name: string;
  /** Of the role parley_presence. */
  abstract readonly databaseUrl: string;
  abstract readonly databaseConnections: number;
  /** Signs grants; gateways hold the public half. */
  abstract readonly privateKey: PrivateKey;
  /** How long changes wait for company before they are written together, and how often sessions are read; milliseconds. */
  abstract readonly lingerMs: number;
}

/** Everything that the presence service reads from its environment. */
export interface PresenceSettings extends PresenceConfig, HttpSettings {
  readonly kafka: KafkaSettings;
  readonly issuers: readonly TrustedIssuer[];
}

/** Nobody notices it in somebody's status, and hundreds of changes a second become ten statements. */
export const defaultLingerMs = 100;

const environmentSchema = z.object({
  ...httpEnvironment,
  ...tokenEnvironment,
  ...kafkaEnvironment,
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgresql:// URL' }),
  DATABASE_CONNECTIONS: z.coerce.number().int().min(2).max(200).default(8),
  /** Signs grants: a private JWK, EC P-256 or OKP Ed25519. The same in every process. */
  PRESENCE_PRIVATE_KEY: jsonText(privateKeySchema),
  SLOT: z.string().optional(),
  HOSTNAME: z.string().optional(),
  LINGER_MS: z.coerce.number().int().min(0).max(1_000).default(defaultLingerMs),
});

/** @throws ConfigError */
export function readSettings(environment: Environment = process.env): PresenceSettings {
  const read = loadConfig(environmentSchema, environment);
  return {
    ...httpSettings(read),
    kafka: kafkaSettings(read),
    issuers: trustedIssuers(read),
    name: read.SLOT ?? read.HOSTNAME ?? 'presence',
    databaseUrl: read.DATABASE_URL,
    databaseConnections: read.DATABASE_CONNECTIONS,
    privateKey: read.PRESENCE_PRIVATE_KEY,
    lingerMs: read.LINGER_MS,
  };
}
