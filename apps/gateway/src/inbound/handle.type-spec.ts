/** Checked by the compiler, never run: a command that is registered wrongly must not compile. */
import { handle, type SocketCommandHandlers } from './handle.js';
import { messageDelete } from './message-delete.js';
import { messageEdit } from './message-edit.js';
import { messageSend } from './message-send.js';
import { reactionSet } from './reaction-set.js';

const expiresAt = '2026-01-01T00:00:00.000Z';

handle('session.renew', { answer: async ({ token }) => ({ expiresAt: token }) });

// @ts-expect-error no such command
handle('message.shout', { answer: async () => ({ expiresAt }) });

handle('message.send', {
  forward: ({ conversationId, id, text, ...rest }) => {
    // @ts-expect-error the body has no such field
    void rest.loud;
    return { conversationId, commandId: id, body: { text } };
  },
});

// @ts-expect-error the record of this command needs a text
handle('message.send', {
  forward: ({ conversationId, id }) => ({ conversationId, commandId: id, body: {} }),
});

// @ts-expect-error the id under which the result is stored is missing
handle('message.delete', { forward: ({ conversationId, id }) => ({ conversationId, body: { id } }) });

// @ts-expect-error the answer of this command is another one
handle('session.renew', { answer: async () => ({ message: 'renewed' }) });

// @ts-expect-error nobody behind the gateway carries this one out
handle('session.renew', { forward: () => ({ conversationId: '', commandId: '', body: {} }) });

// @ts-expect-error an answer comes later
handle('session.renew', { answer: () => ({ expiresAt }) });

const receiptAdvance = handle('receipt.advance', { answer: async () => ({}) });
const typingSet = handle('typing.set', { answer: async () => ({}) });
const presenceWatch = handle('presence.watch', { answer: async () => ({ expiresAt }) });
const presenceUnwatch = handle('presence.unwatch', { answer: async () => ({}) });
const presenceReport = handle('presence.report', { answer: async () => ({}) });
const sessionRenew = handle('session.renew', { answer: async () => ({ expiresAt }) });

export const complete: SocketCommandHandlers = {
  'message.send': messageSend,
  'message.edit': messageEdit,
  'message.delete': messageDelete,
  'reaction.set': reactionSet,
  'receipt.advance': receiptAdvance,
  'typing.set': typingSet,
  'presence.watch': presenceWatch,
  'presence.unwatch': presenceUnwatch,
  'presence.report': presenceReport,
  'session.renew': sessionRenew,
};

export const swapped: SocketCommandHandlers = {
  ...complete,
  // @ts-expect-error the handler of another command
  'message.edit': messageSend,
};

// @ts-expect-error message.delete has no handler
export const incomplete: SocketCommandHandlers = {
  'message.send': messageSend,
  'message.edit': messageEdit,
  'reaction.set': reactionSet,
  'receipt.advance': receiptAdvance,
  'typing.set': typingSet,
  'presence.watch': presenceWatch,
  'presence.unwatch': presenceUnwatch,
  'presence.report': presenceReport,
  'session.renew': sessionRenew,
};
