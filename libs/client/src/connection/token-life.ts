/** Renewed this long before its end. */
const AHEAD_MS = 60_000;
/** A token of a few seconds must not make a loop of renewals. */
const AT_LEAST_MS = 1_000;

/** What a token says of itself; whether it is true is for the server to decide. */
export const claimsOf = (token: string): Record<string, unknown> => {
  try {
    const payload = token.split('.')[1] ?? '';
    const claims: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
    return typeof claims === 'object' && claims !== null ? { ...claims } : {};
  } catch {
    return {};
  }
};

/**
 * When a token should be renewed, in milliseconds from now; undefined for one that does not say when it ends.
 *
 * @param now the server's time: a client whose own clock is off would renew all the time, or too late
 */
export const renewAfter = (token: string, now: number): number | undefined => {
  const { exp } = claimsOf(token);
  if (typeof exp !== 'number') return undefined;
  const left = exp * 1000 - now;
  return Math.max(AT_LEAST_MS, left - AHEAD_MS, left / 2);
};
