import { handle } from './handle.js';

export const messageSend = handle('message.send', {
  forward: ({ conversationId, id, text }) => ({ conversationId, commandId: id, body: { text } }),
});
