import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createPool } from '@parley/database';
import { createLog } from '@parley/service';
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { TestDatabase } from '../testing/test-database.js';
import { ExpiredResults } from './expired-results.js';

let database: TestDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await TestDatabase.start();
  pool = createPool({ url: database.url, applicationName: 'spec', onIdleError: () => undefined });
});
afterAll(async () => {
  await pool?.end();
  await database?.stop();
});

test('results are forgotten after seven days, not before, however many there are', async () => {
  const conversationId = randomUUID();
  const insert = (count: number, age: string) =>
    pool.query(
      `INSERT INTO messaging.command_results SELECT $1, gen_random_uuid(), $1, 'member.add', '{}', 0, 0, 0,
         now() - $2::interval FROM generate_series(1, $3)`,
      [conversationId, age, count],
    );
  await insert(7_000, '7 days 1 minute');
  await insert(3, '6 days 23 hours');
  expect(await new ExpiredResults(pool, createLog('spec', 'silent')).remove()).toBe(7_000);
  const { rows } = await pool.query('SELECT FROM messaging.command_results');
  expect(rows).toHaveLength(3);
});
