import { expect, test } from '@jest/globals';
import { CommitTicket } from '../delivery/commit-ticket.js';
import { ConversationQueues } from './conversation-queues.js';
import { type ReceivedCommand } from './received-command.js';

const ticket = new CommitTicket();
let offsets = 0;

function command(conversationId: string): ReceivedCommand {
  const origin = { slot: 's', incarnation: 0, session: null, request: 0 };
  return {
    command: {
      kind: 'message.send',
      conversationId,
      userId: 'u',
      commandId: 'c',
      body: { text: '' },
      origin,
    },
    position: { partition: 0, offset: offsets++, index: 0 },
    timestamp: 0,
    ticket,
  };
}

function filled(...conversationIds: string[]) {
  const queues = new ConversationQueues();
  const commands = conversationIds.map((id) => command(id));
  for (const each of commands) queues.add(each);
  return { queues, commands };
}

const ids = (queues: ConversationQueues) => queues.next(1_000).map(({ conversationId }) => conversationId);

test('what is left of a conversation waits behind the others', () => {
  const { queues, commands } = filled('a', 'a', 'b');
  queues.decided('a', commands.slice(0, 1));
  expect(ids(queues)).toEqual(['b', 'a']);
  queues.decided('b', commands.slice(2));
  queues.decided('a', commands.slice(1, 2));
  expect(queues.size).toBe(0);
  expect(ids(queues)).toEqual([]);
});

test('where something came up, the conversation stays in front and its commands in order', () => {
  const { queues, commands } = filled('a', 'a', 'a', 'b');
  queues.decided('a', commands.slice(1, 2));
  expect(ids(queues)).toEqual(['a', 'b']);
  expect(queues.next(1)[0]?.commands).toEqual([commands[0], commands[2]]);
  expect(queues.size).toBe(3);
});

test('commands that come while the first ones are decided follow on them', () => {
  const { queues, commands } = filled('a');
  const later = command('a');
  queues.add(later);
  queues.decided('a', commands);
  expect(queues.next(1)[0]?.commands).toEqual([later]);
});

test('a round takes only as much as it can', () => {
  const { queues } = filled('a', 'a', 'b', 'c');
  expect(queues.next(2).map(({ conversationId }) => conversationId)).toEqual(['a']);
});
