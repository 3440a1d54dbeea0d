import { handle } from './handle.js';

export const messageSend = handle('message.send', {
  forward: ({ conversationId, id, ...body }) => ({ conversationId, commandId: id, body }),
});
