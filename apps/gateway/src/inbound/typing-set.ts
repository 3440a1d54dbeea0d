import { handle } from './handle.js';
import type { SignalLog } from './signal-log.js';

/** Answered at once: that it was taken says nothing about anybody being told. */
export function typingSet(signals: SignalLog) {
  return handle('typing.set', {
    answer: async (body, session) => {
      signals.setTyping(session, body);
      return {};
    },
  });
}
