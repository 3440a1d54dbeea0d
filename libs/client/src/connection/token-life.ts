/** Renewed this long before its end. */
const AHEAD_MS = 60_000;
/** A token of a few seconds must not make a loop of renewals. */
const AT_LEAST_MS = 1_000;

/**
 * When a token should be renewed, in milliseconds from now; undefined for one that does not say when it ends.
 * The client believes what the token says of itself: whether it is valid is for the server to decide.
 */
export const renewAfter = (token: string, now: number): number | undefined => {
  const payload = token.split('.')[1];
  if (payload === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
    if (typeof claims !== 'object' || claims === null || !('exp' in claims)) return undefined;
    const { exp } = claims;
    if (typeof exp !== 'number') return undefined;
    const left = exp * 1000 - now;
    return Math.max(AT_LEAST_MS, Math.max(left - AHEAD_MS, left / 2));
  } catch {
    return undefined;
  }
};
