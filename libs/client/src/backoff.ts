/** Waits that double from `firstMs` to `mostMs`, each shortened at random so that clients do not come back together. */
export interface Backoff {
  readonly firstMs: number;
  readonly mostMs: number;
}

/**
 * @param failures how many attempts have failed in a row, at least 1
 * @param atLeastMs what the server asked for
 * @param random between 0 and 1
 */
export const waitAfter = (
  { firstMs, mostMs }: Backoff,
  failures: number,
  atLeastMs = 0,
  random: () => number = Math.random,
): number => {
  const full = Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 20));
  return atLeastMs + full * (0.5 + random() / 2);
};
