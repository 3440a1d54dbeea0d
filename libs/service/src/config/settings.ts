import { z } from 'zod';
import { logLevels } from '../logging/log.js';

/** A TCP port; 0 takes a free one. */
export const portSchema = z.coerce
  .number('must be a port, 0 to 65535')
  .int('must be a port, 0 to 65535')
  .min(0, 'must be a port, 0 to 65535')
  .max(65_535, 'must be a port, 0 to 65535');

/** A list separated by commas. */
export const listSchema = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

/** JSON text in a variable, checked against `schema`. */
export function jsonText<S extends z.ZodType>(schema: S) {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch (error) {
        context.addIssue({
          code: 'custom',
          message: `is no JSON (${error instanceof SyntaxError ? 'syntax' : 'read'} error)`,
        });
        return z.NEVER;
      }
    })
    .pipe(schema);
}

/** What each service reads from the environment to be reachable and observable. */
export const httpEnvironment = {
  PORT: portSchema.default(3000),
  /** The address to listen at; without it all of them. */
  HOST: z.string().min(1).optional(),
  /** Where `/metrics` is served; without it on PORT, for callers on the same machine only. */
  METRICS_PORT: portSchema.optional(),
  LOG_LEVEL: z.enum(logLevels).default('info'),
  /** Origins of web clients, separated by commas; `*` allows every one. */
  ALLOWED_ORIGINS: listSchema.default([]),
  /** Proxies in front, each of which adds to X-Forwarded-For whom it serves; 0: callers come themselves. */
  TRUSTED_PROXY_HOPS: z.coerce.number().int().min(0).max(10).default(0),
};

/** What each service reads from the environment to reach Kafka. */
export const kafkaEnvironment = {
  KAFKA_BROKERS: listSchema.refine((brokers) => brokers.length > 0, 'names no broker'),
  /** Copies of each partition of the topics that this process creates; 3 where a broker may be lost for good. */
  KAFKA_REPLICATION_FACTOR: z.coerce.number().int().min(1).max(9).default(1),
};

export interface KafkaSettings {
  readonly brokers: readonly string[];
  readonly replicationFactor: number;
  readonly minInsyncReplicas: number;
}

/** A record counts as written when all copies but one have it: so one broker may be away. */
export function kafkaSettings(environment: {
  KAFKA_BROKERS: string[];
  KAFKA_REPLICATION_FACTOR: number;
}): KafkaSettings {
  const { KAFKA_BROKERS: brokers, KAFKA_REPLICATION_FACTOR: replicationFactor } = environment;
  return { brokers, replicationFactor, minInsyncReplicas: Math.max(1, replicationFactor - 1) };
}

export interface HttpSettings {
  readonly port: number;
  /** The address to listen at; absent: all of them. */
  readonly host?: string | undefined;
  readonly metricsPort?: number | undefined;
  readonly logLevel: (typeof logLevels)[number];
  readonly allowedOrigins: readonly string[];
  /** Default 0. */
  readonly trustedProxyHops?: number;
  /** The time for a graceful end, milliseconds (default 25,000: below the 30 s after which an orchestrator kills). */
  readonly shutdownTimeoutMs?: number;
}

export function httpSettings(environment: {
  PORT: number;
  HOST?: string | undefined;
  METRICS_PORT?: number | undefined;
  LOG_LEVEL: (typeof logLevels)[number];
  ALLOWED_ORIGINS: string[];
  TRUSTED_PROXY_HOPS: number;
}): HttpSettings {
  return {
    port: environment.PORT,
    host: environment.HOST,
    metricsPort: environment.METRICS_PORT,
    logLevel: environment.LOG_LEVEL,
    allowedOrigins: environment.ALLOWED_ORIGINS,
    trustedProxyHops: environment.TRUSTED_PROXY_HOPS,
  };
}
