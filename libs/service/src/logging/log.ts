import { pino, type DestinationStream } from 'pino';

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Structured log: fields first, then a sentence. Abstract rather than an interface so that it serves as an injection token. */
export abstract class Log {
  abstract debug(fields: object, message: string): void;
  abstract info(fields: object, message: string): void;
  abstract warn(fields: object, message: string): void;
  abstract error(fields: object, message: string): void;
  abstract fatal(fields: object, message: string): void;
  /** A log whose lines all carry these fields. */
  abstract child(fields: Record<string, unknown>): Log;
}

const secrets = [
  'token',
  'accessToken',
  'refreshToken',
  'password',
  'authorization',
  'cookie',
  'secret',
  'privateKey',
];

/** Writes JSON lines to standard output, or to `destination`. Fields that are secrets by their name are left out. */
export function createLog(name: string, level: LogLevel, destination?: DestinationStream): Log {
  return pino(
    {
      name,
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secrets.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), remove: true },
    },
    destination ?? pino.destination({ fd: 1, sync: true }),
  );
}
