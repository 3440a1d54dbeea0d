import {
  type Environment,
  kafkaEnvironment,
  kafkaSettings,
  type KafkaSettings,
  loadConfig,
} from '@parley/service';
import { z } from 'zod';
import { databaseEnvironment } from '../config.js';

export interface RepublishSettings {
  readonly kafka: KafkaSettings;
  /** Of the role parley_message. */
  readonly databaseUrl: string;
}

/** @throws ConfigError */
export function readRepublishSettings(environment: Environment = process.env): RepublishSettings {
  const read = loadConfig(z.object({ ...kafkaEnvironment, ...databaseEnvironment }), environment);
  return { kafka: kafkaSettings(read), databaseUrl: read.DATABASE_URL };
}
