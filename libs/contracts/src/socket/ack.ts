import type { ErrorBody } from '../errors.js';

export type Ack<T> = { ok: true; data: T } | { ok: false; error: ErrorBody };
