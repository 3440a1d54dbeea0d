import { describe, expect, test } from '@jest/globals';
import { type CommandOf, type CommandRecord, timing } from '@parley/contracts';
import { ConversationState } from '../conversations/conversation-state.js';
import { CommitTicket } from '../delivery/commit-ticket.js';
import { type ReceivedCommand, type ReceivedSend } from '../inbound/received-command.js';
import { planRun, repliesAhead } from './plan-run.js';

const now = 1_000_000;
const ticket = new CommitTicket();
const origin = { slot: 's', incarnation: 0, session: null, request: 0 };

function send(commandId: string, userId = 'ada', timestamp = now): ReceivedCommand {
  return sendBody(commandId, { text: '' }, userId, timestamp);
}

function reply(commandId: string, replyTo: string, userId = 'ada'): ReceivedCommand {
  return sendBody(commandId, { text: '', replyTo }, userId);
}

function sendBody(
  commandId: string,
  body: CommandOf<'message.send'>['body'],
  userId: string,
  timestamp = now,
): ReceivedCommand {
  return received({ kind: 'message.send', conversationId: 'c', userId, commandId, body, origin }, timestamp);
}

function received(command: CommandRecord, timestamp = now): ReceivedCommand {
  return { command, position: { partition: 0, offset: 0, index: 0 }, timestamp, ticket };
}

const rename = received({
  kind: 'conversation.update',
  conversationId: 'c',
  userId: 'ada',
  commandId: 'r',
  body: { name: 'x' },
  origin,
});

const state = new ConversationState(
  {
    id: 'c',
    kind: 'group',
    name: 'x',
    historyForNewMembers: 'all',
    version: 1,
    lastSeq: 0,
    createdAt: '',
  },
  new Map([
    ['ada', { role: 'owner', joinedVersion: 1, visibleFromSeq: 1 }],
    ['late', { role: 'member', joinedVersion: 1, visibleFromSeq: 10 }],
  ]),
);

function planBlocked(...commands: ReceivedCommand[]) {
  const members = new Map(state.members);
  members.set('grace', { role: 'member', joinedVersion: 1, visibleFromSeq: 1 });
  const direct = { isListed: true, blockedBy: ['ada'] };
  const run = planRun(commands, new ConversationState({ ...state.conversation }, members, direct), now);
  return run?.decision === 'refuse'
    ? { count: run.sends.length, code: run.refusal.code, message: run.refusal.message }
    : run?.decision;
}

function plan(...commands: ReceivedCommand[]) {
  const run = planRun(commands, state, now);
  if (run === undefined || run.decision === 'perform') return run?.decision;
  return [run.decision, ...run.sends.map(({ command }) => command.commandId)];
}

test('sends are stored together up to the first command that they may depend on', () => {
  expect(plan(send('1'), send('2'), rename, send('3'))).toEqual(['store', '1', '2']);
  expect(plan(rename, send('3'))).toBe('perform');
  expect(plan()).toBeUndefined();
});

test('one burst is cut', () => {
  const run = plan(...Array.from({ length: 150 }, (_, n) => send(String(n))));
  expect(run).toHaveLength(1 + 100);
});

test('a retry waits for what it retries', () => {
  expect(plan(send('1'), send('2'), send('1'))).toEqual(['store', '1', '2']);
});

test('who is no member is refused, apart from who is', () => {
  expect(plan(send('1'), send('2', 'eve'), send('3'))).toEqual(['store', '1']);
  expect(plan(send('2', 'eve'), send('3'))).toEqual(['refuse', '2']);
  expect(planRun([send('1')], undefined, now)?.decision).toBe('refuse');
});

test('what is too old by the broker is only looked for', () => {
  const old = now - timing.commandLifeMs - 1;
  expect(plan(send('1', 'ada', old), send('2', 'eve', old), send('3'))).toEqual(['look up', '1', '2']);
  expect(plan(send('1', 'ada', old + 1))).toEqual(['store', '1']);
});

describe('replies', () => {
  /** `found`: seqs of the messages that exist. */
  function planReplies(commands: ReceivedCommand[], found: Record<string, number> = {}) {
    const targets = new Map<ReceivedSend, number>();
    for (const each of repliesAhead(commands)) {
      const seq = found[each.command.body.replyTo ?? ''];
      if (seq !== undefined) targets.set(each, seq);
    }
    const run = planRun(commands, state, now, targets);
    if (run === undefined || run.decision === 'perform') return run?.decision;
    return [run.decision, ...run.sends.map(({ command }) => command.commandId)];
  }

  test('are stored with what they reply to, or after it', () => {
    expect(planReplies([send('1'), reply('2', '1'), reply('3', 'old')], { old: 7 })).toEqual([
      'store',
      '1',
      '2',
      '3',
    ]);
  });

  test('to what is not there are refused, apart from what is stored', () => {
    const commands = [send('1'), reply('2', 'x'), reply('3', 'y'), send('4')];
    expect(planReplies(commands)).toEqual(['store', '1']);
    expect(planReplies(commands.slice(1))).toEqual(['refuse', '2', '3']);
    expect(planRun(commands.slice(1), state, now)).toMatchObject({ refusal: { code: 'NOT_FOUND' } });
    expect(planReplies([reply('1', '1')])).toEqual(['refuse', '1']);
  });

  test('to what was refused are not decided before that', () => {
    expect(planReplies([reply('1', 'x'), reply('2', '1')])).toEqual(['refuse', '1']);
  });

  test('to what was written before its sender may see are refused', () => {
    expect(planReplies([reply('1', 'old', 'late')], { old: 9 })).toEqual(['refuse', '1']);
    expect(planReplies([reply('1', 'old', 'late')], { old: 10 })).toEqual(['store', '1']);
  });

  test('are looked for as far as one run may reach', () => {
    expect(repliesAhead([reply('1', 'x'), send('2'), reply('3', 'x'), rename, reply('4', 'x')])).toHaveLength(
      2,
    );
    expect(repliesAhead(Array.from({ length: 150 }, (_, n) => reply(String(n), 'x')))).toHaveLength(100);
  });
});

test('where one blocks the other both are refused, each with their own sentence', () => {
  const blocker = planBlocked(send('1'), send('2'), send('3', 'grace'));
  expect(blocker).toMatchObject({ count: 2, code: 'FORBIDDEN', message: expect.stringContaining('unblock') });
  const blocked = planBlocked(send('1', 'grace'), send('2'));
  expect(blocked).toMatchObject({
    count: 1,
    code: 'FORBIDDEN',
    message: expect.not.stringContaining('block'),
  });
  expect(planBlocked(send('1', 'ada', 0))).toBe('look up');
  expect(planBlocked(send('1', 'stranger'))).toMatchObject({ code: 'NOT_FOUND' });
});
