import { type LimitName, limits } from '@parley/contracts';
import {
  type Environment,
  httpEnvironment,
  httpSettings,
  type HttpSettings,
  kafkaEnvironment,
  kafkaSettings,
  type KafkaSettings,
  loadConfig,
  publicKeyOf,
  tokenEnvironment,
  type TrustedIssuer,
  trustedIssuers,
} from '@parley/service';
import { z } from 'zod';
import { accountEnvironment, type AccountSettings } from './accounts/account-settings.js';
import { type CommandRate } from './accounts/device-rate-guard.js';

/** What the message module needs to know; an injection token as well. */
export abstract class MessageConfig {
  /** The stable name of this process's inbox. */
  abstract readonly slot: string;
  /** Of the role parley_message. */
  abstract readonly databaseUrl: string;
  abstract readonly databaseConnections: number;
  abstract readonly accounts: AccountSettings;
  /** Of one device, by REST. */
  abstract readonly commandRate: CommandRate;
  /** Between the beginnings of two small rounds; milliseconds. Pays off where each publish is a request to a broker. */
  abstract readonly spacingMs: number;
  /** Members of all conversations together that are kept in memory. */
  abstract readonly cachedMembers: number;
  /** Another process lives in this slot: this one must end, not gracefully but now. */
  abstract readonly onSuperseded: () => void;
}

/** Everything that the message service reads from its environment. */
export interface MessageSettings extends MessageConfig, HttpSettings {
  readonly kafka: KafkaSettings;
  readonly issuers: readonly TrustedIssuer[];
}

export const defaultCachedMembers = 500_000;

export const databaseEnvironment = {
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgresql:// URL' }),
};

const limit = (name: LimitName) =>
  z.coerce.number().int().positive().max(limits[name].max).default(limits[name].default);

const environmentSchema = z.object({
  ...databaseEnvironment,
  ...httpEnvironment,
  ...tokenEnvironment,
  ...accountEnvironment,
  ...kafkaEnvironment,
  DATABASE_CONNECTIONS: z.coerce.number().int().min(6).max(200).default(12),
  /** Becomes part of a topic's name. */
  SLOT: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be of a-z, 0-9 and hyphen')
    .optional(),
  HOSTNAME: z.string().optional(),
  LIMIT_COMMANDS_PER_SECOND: limit('commandsPerSecond'),
  LIMIT_COMMAND_BURST: limit('commandBurst'),
  SPACING_MS: z.coerce.number().int().min(0).max(50).default(8),
  CACHED_MEMBERS: z.coerce.number().int().min(20_000).max(50_000_000).default(defaultCachedMembers),
});

/** @throws ConfigError */
export function readSettings(environment: Environment = process.env): MessageSettings {
  const read = loadConfig(environmentSchema, environment);
  return {
    ...httpSettings(read),
    kafka: kafkaSettings(read),
    issuers: trustedIssuers(read, { keys: [publicKeyOf(read.TOKEN_PRIVATE_KEY)] }),
    slot: read.SLOT ?? slotOf(read.HOSTNAME),
    databaseUrl: read.DATABASE_URL,
    databaseConnections: read.DATABASE_CONNECTIONS,
    accounts: {
      issuer: read.TOKEN_ISSUER,
      audience: read.TOKEN_AUDIENCE,
      privateKey: read.TOKEN_PRIVATE_KEY,
    },
    commandRate: {
      commandsPerSecond: read.LIMIT_COMMANDS_PER_SECOND,
      commandBurst: read.LIMIT_COMMAND_BURST,
    },
    spacingMs: read.SPACING_MS,
    cachedMembers: read.CACHED_MEMBERS,
    onSuperseded: () => process.exit(1),
  };
}

/**
 * For commands of operators that need the database only.
 * @throws ConfigError
 */
export function readDatabaseUrl(environment: Environment = process.env): string {
  return loadConfig(z.object(databaseEnvironment), environment).DATABASE_URL;
}

/** A StatefulSet names its pods with an ordinal: `parley-message-2`. */
function slotOf(hostname: string | undefined): string {
  const ordinal = /-(\d{1,6})$/.exec(hostname ?? '')?.[1] ?? '0';
  return `message-${ordinal}`;
}
