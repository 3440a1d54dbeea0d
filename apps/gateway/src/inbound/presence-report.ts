import type { StateReports } from '../sessions/state-reports.js';
import { handle } from './handle.js';

export function presenceReport(reports: StateReports) {
  return handle('presence.report', {
    answer: async ({ state }, session) => {
      reports.report(session, state);
      return {};
    },
  });
}
