import { expect, test } from '@jest/globals';
import { type Publisher } from '@parley/event-bus';
import { createLog, Registry } from '@parley/service';
import { PresenceMetrics } from '../metrics.js';
import { StatusRounds } from './status-rounds.js';

const epochs = new Map([[0, 1]]);
const turns = Array.from({ length: 12 }, (_, turn) => turn);

test.each(turns)('whoever becomes due %d turns after a round is looked at', async (turn) => {
  const decided: string[] = [];
  const world = {
    store: { write: async () => ({ changed: [], held: new Set([0]) }) },
    publisher: { publish: async () => undefined } as unknown as Publisher,
    log: createLog('presence', 'silent'),
    metrics: new PresenceMetrics(new Registry()),
    lingerMs: 0,
  };
  const addLater = async (): Promise<void> => {
    for (let passed = 0; passed < turn; passed += 1) await Promise.resolve();
    rounds.add('grace');
  };
  const bothDecided = Promise.withResolvers<void>();
  const rounds: StatusRounds = new StatusRounds(world, {
    decide: () => ({ status: 'online', agoMs: 0, partition: 0 }),
    decided: (userId) => {
      decided.push(userId);
      if (userId === 'ada') void addLater();
      else bothDecided.resolve();
    },
    epochs: () => epochs,
    lose: () => undefined,
  });
  rounds.add('ada');
  await bothDecided.promise;
  expect(decided).toEqual(['ada', 'grace']);
  await rounds.stop();
});
