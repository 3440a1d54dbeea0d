import { expect, test } from '@jest/globals';
import { createLog, Registry } from '@parley/service';
import { type Pool } from 'pg';
import { type Outbox } from '../delivery/outbox.js';
import { type Outgoing } from '../delivery/outgoing.js';
import { Routes } from '../delivery/routes.js';
import { BrokerClock } from '../inbound/broker-clock.js';
import { Audiences } from './audiences.js';
import { SignalMetrics } from './signal-metrics.js';
import { Typing } from './typing.js';

const [ada, grace] = ['ada', 'grace'];
const conversationId = 'hut 6';

test('while the database is away, only members known a short while ago are told', async () => {
  let now = 0;
  let isAway = false;
  let recorded: Outgoing[] = [];
  const rows = [ada, grace].map((userId) => ({ id: conversationId, membership: 1, userId, isSilent: false }));
  const query = () => (isAway ? Promise.reject(new Error('away')) : Promise.resolve({ rows }));
  const life = { slot: 'gateway-0', incarnation: 1 };
  const clock = new BrokerClock();
  clock.observe(Date.now());
  const typing = new Typing({
    pool: { query } as unknown as Pool,
    audiences: new Audiences(() => now),
    routes: new Routes({ revision: 1, sessionsOf: (id) => (id === grace ? [{ life, counter: 1 }] : []) }),
    outbox: { size: 0, add: (records: Outgoing[]) => (recorded = records) } as unknown as Outbox,
    clock,
    metrics: new SignalMetrics(new Registry()),
    log: createLog('spec', 'silent'),
  });
  const isToldAt = async (milliseconds: number) => {
    now = milliseconds;
    recorded = [];
    typing.take({ kind: 'typing.set', conversationId, userId: ada, active: true }, clock.now());
    await new Promise((resolve) => setImmediate(resolve));
    return recorded.length === 1;
  };
  expect(await isToldAt(0)).toBe(true);
  isAway = true;
  expect(await isToldAt(9_000)).toBe(true);
  expect(await isToldAt(11_000)).toBe(false);
  isAway = false;
  expect(await isToldAt(12_000)).toBe(true);
});
