import { handle } from './handle.js';
import type { SignalLog } from './signal-log.js';

/** Answered once the log has it: from then on the marks will rise, whatever dies. */
export function receiptAdvance(signals: SignalLog) {
  return handle('receipt.advance', {
    answer: async (body, session) => {
      await signals.advance(session, body);
      return {};
    },
  });
}
