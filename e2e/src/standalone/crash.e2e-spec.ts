import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WritingPeople } from '../faults/load-under-faults.js';
import { pause } from '../harness/conditions.js';
import { SeededRandom, seededRandom } from '../harness/random.js';
import { StandaloneSystem } from '../harness/standalone-system.js';

describe('standalone, while people write', () => {
  const { seed } = seededRandom();
  let system: StandaloneSystem;

  beforeAll(async () => {
    system = await StandaloneSystem.start();
  }, 60_000);

  afterAll(() => system.stop());

  test('is killed again and again, and loses nothing that was acked', async () => {
    const random = new SeededRandom(seed);
    const people = await WritingPeople.start(system, seed, { reads: 0, wanderers: 0 });
    for (let round = 0; round < 4; round += 1) {
      await pause(random.between(300, 2_000));
      await system.kill();
      await pause(random.between(0, 1_000));
      await system.launch();
      await people.flowAgain(30_000);
    }
    expect((await people.prove()).acked).toBeGreaterThan(100);
    await people.end();
  }, 180_000);
});
