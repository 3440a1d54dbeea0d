/** The part of a structured log that is written to here: fields first, then a sentence. */
export interface SessionsLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
