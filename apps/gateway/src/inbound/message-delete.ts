import { handle } from './handle.js';

export const messageDelete = handle('message.delete', {
  forward: ({ conversationId, id, commandId }) => ({ conversationId, commandId, body: { id } }),
});
