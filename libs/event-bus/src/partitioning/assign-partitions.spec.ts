import { expect, test } from '@jest/globals';
import { assignPartitions } from './assign-partitions.js';

const topics = ['events', 'signals'];

test('partition p of every topic goes to the same member, every partition to one', () => {
  const assignment = assignPartitions(
    [
      { id: 'b', topics },
      { id: 'a', topics },
      { id: 'c', topics },
    ],
    () => 7,
  );
  const all = [...assignment.values()].flat();
  expect(all).toHaveLength(14);
  for (const owned of assignment.values()) {
    const of = (topic: string) => owned.filter((each) => each.topic === topic).map((each) => each.partition);
    expect(of('events')).toEqual(of('signals'));
    expect(of('events').length).toBeGreaterThanOrEqual(2);
  }
});

test('the order in which members are listed does not matter', () => {
  const members = [
    { id: 'a', topics },
    { id: 'b', topics },
  ];
  expect(assignPartitions(members, () => 4)).toEqual(assignPartitions([...members].reverse(), () => 4));
});

test('more members than partitions leaves some without', () => {
  const assignment = assignPartitions(
    [
      { id: 'a', topics: ['events'] },
      { id: 'b', topics: ['events'] },
    ],
    () => 1,
  );
  expect(assignment.get('b')).toEqual([]);
});
