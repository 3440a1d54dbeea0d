import { realTime, type SpacingTime } from '@parley/event-bus';

/** Runs something once after a delay; returns how to call it off. Tests put their own in, to step through time. */
export type Later = SpacingTime['later'];

export const later: Later = realTime.later;
