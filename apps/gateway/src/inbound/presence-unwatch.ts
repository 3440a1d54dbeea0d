import type { Watching } from '../presence/watching.js';
import { handle } from './handle.js';

export function presenceUnwatch(watching: Watching) {
  return handle('presence.unwatch', {
    answer: async ({ userIds }, session) => {
      watching.unwatch(session, userIds);
      return {};
    },
  });
}
