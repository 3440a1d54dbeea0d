export { checkHistory, type Checked, type Verdict } from './checker.js';
export { detailsOf } from './details.js';
export * from './entries.js';
export { type Clock, DeviceLog, HistoryRecorder, type Observation } from './recorder.js';
export { type Rule, type Violation } from './report.js';
