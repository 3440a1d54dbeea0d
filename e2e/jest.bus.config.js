import preset from '../jest.preset.js';

/** The bus over real Kafka: its contract, and its faults. Each spec starts brokers of its own. */
export default {
  ...preset,
  testMatch: ['<rootDir>/src/bus/*.e2e-spec.ts'],
  testTimeout: 60_000,
  maxWorkers: 1,
};
