import type { ErrorBody } from '../error-body.js';

export type Ack<T> = { ok: true; data: T } | { ok: false; error: ErrorBody };
