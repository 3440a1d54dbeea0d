import type { Watching } from '../presence/watching.js';
import { handle } from './handle.js';

export function presenceWatch(watching: Watching) {
  return handle('presence.watch', {
    answer: ({ grant }, session) => watching.watch(session, grant),
  });
}
