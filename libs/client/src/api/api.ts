import { type ErrorBody, type Outcome } from '@parley/contracts';
import { waitAfter } from '../backoff.js';
import { noAnswer, RequestFailed } from '../failure.js';

export interface ApiOptions {
  readonly url: string;
  /** Null for requests that need none; `fresh` asks for another one than the last, which was refused. */
  readonly token: (fresh: boolean) => Promise<string | null> | string | null;
  /** For each answer; and so long a request that comes too soon is repeated. */
  readonly timeoutMs?: number;
}

export interface RequestOptions {
  readonly body?: unknown;
  readonly query?: Record<string, string | number | undefined>;
  /** The command id of a write: the same one again is the same change. */
  readonly idempotencyKey?: string;
}

const REQUEST_TIMEOUT_MS = 15_000;
const limited = { firstMs: 100, mostMs: 5_000 };

const withQuery = (path: string, query: RequestOptions['query']): string => {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
};

const isErrorBody = (error: unknown): error is ErrorBody =>
  typeof error === 'object' && error !== null && 'code' in error && 'outcome' in error;

/** JSON over HTTP with the one error shape of the server. */
export class Api {
  constructor(private readonly options: ApiOptions) {}

  /**
   * One that the server calls too soon is repeated when it may come, if that is before the request would time out.
   * @throws RequestFailed
   */
  async request<Answer>(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
    const until = performance.now() + this.timeoutMs;
    for (let refusals = 1; ; refusals += 1) {
      try {
        return await this.attempt<Answer>(method, path, options);
      } catch (error) {
        if (!(error instanceof RequestFailed) || error.code !== 'RATE_LIMITED') throw error;
        const wait = waitAfter(limited, refusals, error.retryAfterMs);
        if (performance.now() + wait > until) throw error;
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }

  private get timeoutMs(): number {
    return this.options.timeoutMs ?? REQUEST_TIMEOUT_MS;
  }

  private async attempt<Answer>(method: string, path: string, options: RequestOptions): Promise<Answer> {
    const address = withQuery(path, options.query);
    const token = await this.options.token(false);
    let response = await this.fetch(method, address, options, token);
    // What a token that has run out was refused for did not happen: once more with another one.
    const fresh = response.status === 401 && token !== null ? await this.options.token(true) : token;
    if (fresh !== token) response = await this.fetch(method, address, options, fresh);
    const text = await response.text().catch(() => '');
    const answer = parse(text);
    if (response.ok && (answer !== undefined || response.status === 204)) return answer as Answer;
    const error =
      typeof answer === 'object' && answer !== null && 'error' in answer ? answer.error : undefined;
    if (isErrorBody(error)) throw new RequestFailed(error, error.outcome === 'none');
    throw notOurs(response, method);
  }

  private async fetch(
    method: string,
    path: string,
    options: RequestOptions,
    token: string | null,
  ): Promise<Response> {
    const headers: Record<string, string> = {};
    if (token !== null) headers['authorization'] = `Bearer ${token}`;
    if (options.body !== undefined) headers['content-type'] = 'application/json';
    if (options.idempotencyKey !== undefined) headers['idempotency-key'] = options.idempotencyKey;
    try {
      return await fetch(this.options.url + path, {
        method,
        headers,
        signal: AbortSignal.timeout(this.timeoutMs),
        ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      });
    } catch (error) {
      throw notAnswered(this.options.url, method, error);
    }
  }
}

/** What became of a request that may have been carried out: reading changes nothing. */
const unansweredOutcome = (method: string): Outcome => (method === 'GET' ? 'none' : 'unknown');

/** Node says in the cause why; browsers tell a page nothing. What `fetch` throws may be an error of another realm. */
const notAnswered = (url: string, method: string, error: unknown): RequestFailed => {
  const { message, cause } = error as {
    readonly message: string;
    readonly cause?: { readonly code?: string };
  };
  const said = `${url}: ${message}${cause?.code === undefined ? '' : ` (${cause.code})`}`;
  if (cause?.code === 'ECONNREFUSED') return new RequestFailed(noAnswer('UNAVAILABLE', said, 'none'), true);
  return new RequestFailed(noAnswer('TIMEOUT', said, unansweredOutcome(method)), false);
};

const parse = (text: string): unknown => {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** The answer was cut off, or something between has answered: a proxy that limits requests, or whose server is away. */
const notOurs = ({ status, headers }: Response, method: string): RequestFailed => {
  const limits = status === 429;
  const outcome = limits ? 'none' : unansweredOutcome(method);
  const error = noAnswer(limits ? 'RATE_LIMITED' : 'UNAVAILABLE', `status ${status}`, outcome);
  // Seconds, or a date that would need the right clock.
  const seconds = Number(headers.get('retry-after') ?? undefined);
  return new RequestFailed(seconds >= 0 ? { ...error, retryAfterMs: seconds * 1000 } : error, limits);
};
