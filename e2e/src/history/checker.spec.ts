import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkHistory } from './checker.js';
import { type History } from './entries.js';
import { type Rule } from './report.js';
import { mutations } from './testing/mutations.js';
import { simulate, type Step } from './testing/simulation.js';

const step = (kind: Step['kind'], actor: number, target = 0): Step => ({
  kind,
  actor,
  target,
  ackDelay: 1,
  deliveryDelay: 1,
});

/** Two people, one of whom leaves: every mutation finds a place in it. */
const story: Step[] = [
  step('send', 0),
  step('send', 2),
  step('answer lost', 0),
  step('send lost', 2),
  step('refused', 0),
  step('edit', 0, 0),
  step('send', 1),
  step('send', 5),
  step('delete', 2, 1),
  step('leave', 4),
  step('send', 3),
  step('read', 0, 1),
  step('send', 0),
  step('read', 2, 6),
];

const rulesBroken = (history: History): Rule[] => [
  ...new Set(checkHistory(history).violations.map(({ rule }) => rule)),
];

const mutate = (name: string, history: History, pick: number): History => {
  const mutated = mutations[name]?.(history, pick);
  if (!mutated) throw new Error(`the story has no place for ${name}`);
  return mutated;
};

const stepArbitrary: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof(
    { weight: 6, arbitrary: fc.constant('send' as const) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('answer lost', 'send lost', 'refused', 'edit', 'delete', 'read', 'leave'),
    },
  ),
  actor: fc.nat(7),
  target: fc.nat(30),
  ackDelay: fc.nat(60),
  deliveryDelay: fc.nat(60),
});

const historyArbitrary = fc
  .tuple(fc.integer({ min: 2, max: 4 }), fc.array(stepArbitrary, { minLength: 1, maxLength: 40 }))
  .map(([users, steps]) => simulate(users, steps));

describe('the history checker', () => {
  test('passes a correct history and says how much it looked at', () => {
    const verdict = checkHistory(simulate(3, story));
    expect(verdict.violations).toEqual([]);
    expect(verdict.checked).toMatchObject({ sends: 9, acked: 7, unknown: 1, refused: 1, storedMessages: 7 });
  });

  const expected: [string, Rule][] = [
    ['a row lost by the database', 'acked-lost'],
    ['a row stored twice', 'id-seq'],
    ['two rows swapped in the database', 'ack-differs'],
    ['an order against real time, agreed by all', 'real-time-order'],
    ['a ghost that nobody sent', 'invented'],
    ['a final failure that appears', 'failed-appears'],
    ['a hole in what a device holds', 'acked-lost'],
    ['a row twice on a device', 'gapless'],
    ['another text on one device', 'rows-differ'],
    ['another reaction on one device', 'rows-differ'],
    ['an old version on one device', 'rows-differ'],
    ['an ack with another seq', 'ack-differs'],
    ['an ack of something never stored', 'acked-lost'],
    ['another text in a delivery', 'invented'],
    ['a delivery after leaving', 'after-leaving'],
    ['a message shown as new twice', 'shown-once'],
    ['a message never shown', 'shown-once'],
    ['a mark that goes back', 'marks-rise'],
    ['a mark told and taken back', 'marks-rise'],
    ['a mark that the second device does not know', 'marks-differ'],
    ['a read mark lost by the database', 'read-lost'],
    ['a wrong unread count in the list', 'unread-count'],
    ['a wrong unread count on a device', 'unread-count'],
    ['a message shown to who left', 'after-leaving'],
  ];

  test('has an expectation for each mutation', () => {
    expect(expected.map(([name]) => name)).toEqual(Object.keys(mutations));
  });

  test.each(expected)('catches %s as %s', (name, rule) => {
    expect(rulesBroken(mutate(name, simulate(3, story), 0))).toContain(rule);
  });

  test('tells a device that broke its own order from one that raced with others', () => {
    const history = simulate(3, [step('send', 0), step('send', 0)]);
    expect(rulesBroken(mutate('an order against real time, agreed by all', history, 0))).toEqual(
      expect.arrayContaining(['own-order', 'real-time-order']),
    );
  });

  test('lets concurrent sends stand in either order', () => {
    const slow = { ...step('send', 0), ackDelay: 500, deliveryDelay: 500 };
    const history = simulate(2, [slow, { ...slow, actor: 2 }]);
    expect(rulesBroken(history)).toEqual([]);
  });

  test('accepts a refusal that a later attempt with the same id overtook', () => {
    const history = simulate(2, [step('send', 0)]);
    const [invoke] = history.entries;
    if (invoke?.kind !== 'invoke') throw new Error('a history begins with an invoke');
    const overloaded = {
      ...invoke,
      kind: 'fail' as const,
      code: 'OVERLOADED',
      outcome: 'none' as const,
      stored: false,
    };
    const entries = [invoke, overloaded, invoke, ...history.entries.slice(1)];
    expect(rulesBroken({ ...history, entries })).toEqual([]);
  });

  test('does not accept an ack of what was refused for ever', () => {
    const history = simulate(2, [step('send', 0)]);
    const [invoke] = history.entries;
    if (invoke?.kind !== 'invoke') throw new Error('a history begins with an invoke');
    const refused = {
      ...invoke,
      kind: 'fail' as const,
      code: 'FORBIDDEN',
      outcome: 'none' as const,
      stored: true,
    };
    const entries = [invoke, refused, invoke, ...history.entries.slice(1)];
    expect(rulesBroken({ ...history, entries })).toContain('ack-differs');
  });

  test('sees history from before the joining only where it is visible', () => {
    const history = simulate(2, [step('send', 0), step('send', 0)]);
    const memberships = history.dump.memberships.map((membership) =>
      membership.userId === 'user-1' ? { ...membership, visibleFromSeq: 2 } : membership,
    );
    expect(rulesBroken({ ...history, dump: { ...history.dump, memberships } })).toEqual([
      'hidden-history',
      'unread-count',
    ]);
  });

  test('knows that a person was away between two stretches of membership', () => {
    const history = simulate(2, [step('send', 0), step('send', 0), step('send', 0)]);
    const memberships = history.dump.memberships.map((membership) =>
      membership.userId === 'user-1' ? { ...membership, joinedVersion: 4 } : membership,
    );
    const told = { at: 0, user: 'user-0', device: 'phone', session: null, conversationId: 'conversation' };
    const subject = { subject: 'user-1', joinedVersion: 1, visibleFromSeq: 1 };
    const leftAt = (leftVersion: number): History => {
      const ended = { kind: 'membership-ended' as const, ...told, ...subject, leftVersion };
      return { ...history, entries: [...history.entries, ended], dump: { ...history.dump, memberships } };
    };
    expect(rulesBroken(leftAt(3))).toEqual([]);
    expect(rulesBroken(leftAt(2))).toEqual(['after-leaving']);
  });

  test('passes every correct history', () => {
    fc.assert(
      fc.property(historyArbitrary, (history) => {
        expect(checkHistory(history).violations).toEqual([]);
      }),
    );
  });

  test('catches every single mutation of a correct history', () => {
    const names = Object.keys(mutations);
    fc.assert(
      fc.property(historyArbitrary, fc.constantFrom(...names), fc.nat(1000), (history, name, pick) => {
        const mutated = mutations[name]?.(history, pick);
        fc.pre(mutated !== undefined);
        return checkHistory(mutated).violations.length > 0;
      }),
      { numRuns: 500 },
    );
  });

  test('reads 200,000 messages', () => {
    const steps = Array.from({ length: 200_000 }, (_, index) => step('send', index % 2));
    const verdict = checkHistory(simulate(1, steps));
    expect(verdict.violations).toEqual([]);
    expect(verdict.checked.acked).toBe(200_000);
  }, 30_000);
});
