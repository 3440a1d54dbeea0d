import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { ConfigError, loadConfig } from './load-config.js';
import { httpEnvironment, jsonText } from './settings.js';

const schema = z.object({
  ...httpEnvironment,
  DATABASE_URL: z.string(),
  EXTRA: jsonText(z.object({ size: z.number() })).default({ size: 1 }),
});

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    loadConfig(schema, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

describe('the configuration', () => {
  test('is typed, with defaults for what is absent or empty', () => {
    const config = loadConfig(schema, {
      DATABASE_URL: 'x',
      PORT: '8080',
      METRICS_PORT: '',
      ALLOWED_ORIGINS: 'https://a.example, https://b.example',
      EXTRA: '{"size":3}',
    });
    expect(config).toEqual({
      DATABASE_URL: 'x',
      PORT: 8080,
      LOG_LEVEL: 'info',
      TRUSTED_PROXY_HOPS: 0,
      ALLOWED_ORIGINS: ['https://a.example', 'https://b.example'],
      EXTRA: { size: 3 },
    });
  });

  test('names every problem in a line of its own, and no value', () => {
    const problems = problemsOf({ PORT: 'secret', LOG_LEVEL: 'secret', EXTRA: '{secret' });
    expect(problems.map((line) => line.split(':')[0])).toEqual([
      'PORT',
      'LOG_LEVEL',
      'DATABASE_URL',
      'EXTRA',
    ]);
    expect(problems).toContain('DATABASE_URL: is missing');
    expect(problems.join()).not.toContain('secret');
  });
});
