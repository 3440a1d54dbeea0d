/**
 * Classes of SQLSTATE in which the server, not the statement, is the reason: connection, authorization at connect,
 * resources, an operator, the system, a lock that was not to be had.
 */
const transientClasses = new Set(['08', '28', '53', '57', '58']);
const transientStates = new Set([
  '25006', // read-only: a standby that was not promoted yet
  '25P03', // idle in transaction for too long
  '3D000', // the database is not there (yet)
  '40001', // serialization failure
  '40P01', // deadlock
  '55P03', // lock not available
]);
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** Prisma: unreachable, time-out, connection closed, pool time-out, write conflict. */
const prismaCodes = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2034']);
/** pg reports these without a code. */
const connectionMessages =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|timeout expired|Cannot use a pool after calling end|Client was closed)/;

/**
 * True where the same statement may well succeed later: the connection, the server or a lock failed it.
 * False where it will fail again (bad data, a broken constraint, a missing table), and for whatever is no database error.
 */
export function isTransientDatabaseError(error: unknown): boolean {
  return causes(error).some((cause) => isTransient(cause));
}

function isTransient({ code, originalCode, message }: DatabaseError): boolean {
  const state = originalCode ?? code;
  if (state !== undefined) {
    if (networkCodes.has(state) || prismaCodes.has(state) || transientStates.has(state)) return true;
    if (/^[0-9A-Z]{5}$/.test(state) && transientClasses.has(state.slice(0, 2))) return true;
  }
  return message !== undefined && connectionMessages.test(message);
}

interface DatabaseError {
  code?: string;
  /** The SQLSTATE, as Prisma's adapter carries it. */
  originalCode?: string;
  message?: string;
  cause?: unknown;
  errors?: unknown[];
  meta?: { driverAdapterError?: unknown };
}

/** The error itself and what it was thrown for; Prisma keeps the driver's error in `meta`, Node several in `errors`. */
function causes(error: unknown, depth = 0): DatabaseError[] {
  if (typeof error !== 'object' || error === null || depth > 4) return [];
  const known = error as DatabaseError;
  const inner = [known.cause, known.meta?.driverAdapterError, ...(known.errors ?? [])];
  return [known, ...inner.flatMap((cause) => causes(cause, depth + 1))];
}
