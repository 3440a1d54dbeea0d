interface PostgresError {
  readonly code?: string;
}

function stateOf(error: unknown): string {
  const { code } = (typeof error === 'object' && error !== null ? error : {}) as PostgresError;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : '';
}

/** Another writer was there first: what was decided from is stale. */
export function isUniqueViolation(error: unknown): boolean {
  return stateOf(error) === '23505';
}

/** Somebody else holds the conversation: nothing is wrong, only later. */
export function isLocked(error: unknown): boolean {
  return stateOf(error) === '55P03';
}

/**
 * The content itself cannot be stored: it will fail every time. SQLSTATE classes 22 (data), 23 (constraints, apart
 * from uniqueness) and 54 (limits of the server).
 */
export function isDataError(error: unknown): boolean {
  return /^(22|23|54)/.test(stateOf(error)) && !isUniqueViolation(error);
}

/** It came from PostgreSQL, with an SQLSTATE. */
export function isDatabaseError(error: unknown): boolean {
  return stateOf(error) !== '';
}

/** A call of the operating system failed, such as a connect for want of descriptors: nothing is known of the content. */
export function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
