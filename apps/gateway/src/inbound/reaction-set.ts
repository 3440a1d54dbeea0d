import { handle } from './handle.js';

export const reactionSet = handle('reaction.set', {
  forward: ({ conversationId, commandId, ...body }) => ({ conversationId, commandId, body }),
});
