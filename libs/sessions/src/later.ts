/** Runs something once after a delay; returns how to call it off. Tests put their own in, to step through time. */
export type Later = (delayMs: number, run: () => void) => () => void;

export const later: Later = (delayMs, run) => {
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
};
