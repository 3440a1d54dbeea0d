import { errorTable, Refusal, type ErrorBody } from '@parley/contracts/constants';
import { randomUUID } from 'node:crypto';
import { request, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { connectToFirst } from './connect.js';
import type { Routes } from './routes.js';

/** They concern one hop only (RFC 9110, 7.6.1). */
const HOP_HEADERS = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Sends a request on and its answer back, both as streams. */
export async function forwardRequest(
  incoming: IncomingMessage,
  response: ServerResponse,
  routes: Routes,
): Promise<void> {
  const candidates = routes.candidates(incoming.url ?? '/');
  if (candidates === undefined) return refuse(response, noSuchPath(incoming));
  const socket = await connectToFirst(candidates, routes);
  if (socket === undefined) return refuse(response, nobodyThere());
  if (incoming.destroyed) return void socket.destroy();
  const outgoing = request({
    // A connection for each request: no answer is ever lost to one that the other side was just closing.
    createConnection: () => socket,
    method: incoming.method ?? 'GET',
    path: incoming.url ?? '/',
    headers: { ...endToEnd(incoming.headers), ...forwarded(incoming), connection: 'close' },
    setHost: false,
  });
  outgoing.once('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer.headers));
    answer.pipe(response);
    answer.once('error', () => response.destroy());
  });
  outgoing.once('error', () => {
    if (response.headersSent) response.destroy();
    else refuse(response, lostOnTheWay());
  });
  response.once('close', () => outgoing.destroy());
  incoming.once('error', () => outgoing.destroy());
  incoming.pipe(outgoing);
}

/** Joins a client that asks for a WebSocket to a process that grants it, byte by byte. */
export async function forwardUpgrade(
  incoming: IncomingMessage,
  client: Socket,
  head: Buffer,
  routes: Routes,
): Promise<void> {
  client.on('error', () => client.destroy());
  const candidates = routes.candidates(incoming.url ?? '/');
  if (candidates === undefined) return refuseUpgrade(client, noSuchPath(incoming));
  const upstream = await connectToFirst(candidates, routes);
  if (upstream === undefined) return refuseUpgrade(client, nobodyThere());
  upstream.on('error', () => client.destroy());
  if (client.destroyed) return void upstream.destroy();
  client.once('close', () => upstream.destroy());
  upstream.once('close', () => client.destroy());
  client.setNoDelay(true);
  const headers = { ...incoming.headers, ...forwarded(incoming) };
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((one) => `${name}: ${one}`),
  );
  upstream.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  upstream.write(head);
  upstream.pipe(client);
  client.pipe(upstream);
}

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !HOP_HEADERS.has(name) && !named.includes(name)),
  );
}

/** This is the outermost hop: what a client claims about itself in these headers is replaced. */
function forwarded(incoming: IncomingMessage): Record<string, string> {
  return {
    'x-forwarded-for': incoming.socket.remoteAddress ?? '',
    'x-forwarded-proto': 'http',
    'x-forwarded-host': incoming.headers.host ?? '',
  };
}

const noSuchPath = (incoming: IncomingMessage) =>
  new Refusal('NOT_FOUND', `No service answers ${incoming.url?.split('?')[0]}: check the path.`);
const nobodyThere = () =>
  new Refusal('UNAVAILABLE', 'No process of this service takes connections: try again in a moment.', {
    retryAfterMs: 1000,
  });
const lostOnTheWay = () =>
  new Refusal('UNAVAILABLE', 'The service ended before it answered: try again with the same id.', {
    outcome: 'unknown',
  });

function answerTo(refusal: Refusal): { status: number; text: string } {
  const error: ErrorBody = refusal.toBody(randomUUID());
  return { status: errorTable[refusal.code].status, text: JSON.stringify({ error }) };
}

function refuse(response: ServerResponse, refusal: Refusal): void {
  const { status, text } = answerTo(refusal);
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(text);
}

function refuseUpgrade(client: Socket, refusal: Refusal): void {
  const { status, text } = answerTo(refusal);
  client.end(
    `HTTP/1.1 ${status} ${refusal.code}\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
  );
}
