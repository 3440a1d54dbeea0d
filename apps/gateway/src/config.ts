import {
  type Environment,
  httpEnvironment,
  httpSettings,
  type HttpSettings,
  jsonText,
  kafkaEnvironment,
  kafkaSettings,
  type KafkaSettings,
  type KeySet,
  keySetSchema,
  loadConfig,
  tokenEnvironment,
  type TrustedIssuer,
  trustedIssuers,
} from '@parley/service';
import { limits, timing } from '@parley/contracts';
import { z } from 'zod';
import { type GatewayLimitName, gatewayLimitNames, gatewayLimits, GatewayLimits } from './limits.js';

/** What the gateway's module needs to know; an injection token as well. */
export abstract class GatewayConfig {
  /** The stable name of this process's inbox. */
  abstract readonly slot: string;
  /** Origins of web pages that may connect; `*` allows every one. */
  abstract readonly allowedOrigins: readonly string[];
  /** How long clients get to move elsewhere when this process ends; milliseconds. */
  abstract readonly drainMs: number;
  /** Tokens that live longer are refused; revocations are known for this long. Milliseconds. */
  abstract readonly longestTokenLifeMs: number;
  /** After this long without a sign of the log clients are sent elsewhere; milliseconds. */
  abstract readonly logAwayMs: number;
  abstract readonly limits: GatewayLimits;
  /** What grants of the presence service are verified with; without it nobody can be watched. */
  abstract readonly presenceKeys?: KeySet | undefined;
  /** Between the beginnings of two small publishes of commands; milliseconds. As in the message service. */
  abstract readonly spacingMs: number;
  /** Another process lives in this slot: this one must end, not gracefully but now. */
  abstract readonly onSuperseded: () => void;
}

/** Everything that the gateway reads from its environment. */
export interface GatewaySettings extends GatewayConfig, HttpSettings {
  readonly kafka: KafkaSettings;
  readonly issuers: readonly TrustedIssuer[];
}

const limitVariables = Object.fromEntries(
  gatewayLimitNames.map((name) => [
    limits[name].variable,
    z.coerce.number().int().positive().max(limits[name].max).default(limits[name].default),
  ]),
);

const environmentSchema = z
  .object({
    ...httpEnvironment,
    ...tokenEnvironment,
    ...kafkaEnvironment,
    /** Becomes part of a topic's name. */
    SLOT: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be of a-z, 0-9 and hyphen')
      .optional(),
    HOSTNAME: z.string().optional(),
    /** Public keys of the presence service. */
    PRESENCE_JWKS: jsonText(keySetSchema).optional(),
    SPACING_MS: z.coerce.number().int().min(0).max(50).default(5),
    DRAIN_SECONDS: z.coerce.number().min(0).max(600).default(20),
    LONGEST_TOKEN_SECONDS: z.coerce
      .number()
      .positive()
      .max(7 * 86_400)
      .default(86_400),
  })
  .and(z.object(limitVariables));

/** @throws ConfigError */
export function readSettings(environment: Environment = process.env): GatewaySettings {
  const read = loadConfig(environmentSchema, environment);
  const changed = gatewayLimitNames.map((name) => [name, read[limits[name].variable]]);
  return {
    ...httpSettings(read),
    kafka: kafkaSettings(read),
    issuers: trustedIssuers(read),
    slot: read.SLOT ?? slotOf(read.HOSTNAME),
    drainMs: read.DRAIN_SECONDS * 1000,
    longestTokenLifeMs: read.LONGEST_TOKEN_SECONDS * 1000,
    logAwayMs: timing.drainAfterKafkaAwayMs,
    spacingMs: read.SPACING_MS,
    onSuperseded: () => process.exit(1),
    presenceKeys: read.PRESENCE_JWKS,
    limits: gatewayLimits(Object.fromEntries(changed) as Partial<Record<GatewayLimitName, number>>),
    // After the drain: answers under way, the end of the sessions, the last records.
    shutdownTimeoutMs: (read.DRAIN_SECONDS + 8) * 1000,
  };
}

/** A StatefulSet names its pods with an ordinal: `parley-gateway-2`. */
function slotOf(hostname: string | undefined): string {
  const ordinal = /-(\d{1,6})$/.exec(hostname ?? '')?.[1] ?? '0';
  return `gateway-${ordinal}`;
}
