import { Agent, request } from 'node:http';

const TIMEOUT_MS = 15_000;

export class RestRefused extends Error {
  constructor(
    readonly status: number,
    body: string,
  ) {
    super(`REST answered ${status}: ${body.slice(0, 200)}`);
  }
}

/** JSON over kept connections. Node's `fetch` takes several times the CPU time of it. */
export class RestClient {
  private readonly agent: Agent;

  /** @param connections how many requests are under way at most; others wait for them */
  constructor(
    private readonly url: string,
    connections: number,
  ) {
    this.agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** @throws RestRefused for any other status than 200 */
  ask<Answer>(method: 'GET' | 'POST', path: string, token: string, body?: object): Promise<Answer> {
    const content = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const asked = request(new URL(path, this.url), {
        method,
        agent: this.agent,
        timeout: TIMEOUT_MS,
        headers: {
          authorization: `Bearer ${token}`,
          ...(content === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(content) }),
        },
      });
      asked.on('timeout', () => asked.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
      asked.on('error', reject);
      asked.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          if (response.statusCode === 200) resolve(JSON.parse(text) as Answer);
          else reject(new RestRefused(response.statusCode ?? 0, text));
        });
      });
      asked.end(content);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
