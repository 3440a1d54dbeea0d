import { handle } from './handle.js';

export const messageEdit = handle('message.edit', {
  forward: ({ conversationId, id, commandId, text }) => ({ conversationId, commandId, body: { id, text } }),
});
