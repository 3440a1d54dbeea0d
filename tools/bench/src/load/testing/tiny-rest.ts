import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';

/** What one REST path answers: a status and a body. */
export type TinyAnswer = { status?: number; body: unknown };

/** A REST server of which a test says what it answers. */
export class TinyRest {
  private readonly server: Server;
  /** As they came: method, path and body. */
  readonly asked: { method: string; path: string; body: unknown }[] = [];

  constructor(answer: (method: string, path: string, body: unknown) => TinyAnswer) {
    this.server = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        const [method, path] = [request.method ?? '', request.url ?? ''];
        this.asked.push({ method, path, body });
        const { status = 200, body: content } = answer(method, path, body);
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
      });
    });
  }

  async url(): Promise<string> {
    if (!this.server.listening) await once(this.server.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? undefined : JSON.parse(text);
}
