import { describe } from '@jest/globals';
import type { BusUnderTest } from './bus-under-test.js';
import { describeConsuming } from './consuming.suite.js';
import { describeFollowing } from './following.suite.js';
import { describePublishing } from './publishing.suite.js';
import { describeRebalancing } from './rebalancing.suite.js';

export * from './bus-under-test.js';
export { KafkaOperator } from './kafka-operator.js';

/** What every implementation of the bus promises. `busUnderTest` is asked once per test. */
export function describeEventBus(name: string, busUnderTest: () => BusUnderTest): void {
  describe(name, () => {
    describePublishing(busUnderTest);
    describeFollowing(busUnderTest);
    describeConsuming(busUnderTest);
    describeRebalancing(busUnderTest);
  });
}
