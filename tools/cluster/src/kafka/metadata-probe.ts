import { createConnection } from 'node:net';

const METADATA_KEY = 3;
const METADATA_VERSION = 4;
const CORRELATION_ID = 1;

/**
 * Asks a broker for the cluster's metadata and returns how many live brokers it names: a broker listens well before
 * it takes part. Undefined when there is no answer within the time.
 */
export function countLiveBrokers(port: number, withinMs: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port, noDelay: true });
    let received = Buffer.alloc(0);
    const done = (brokers: number | undefined) => {
      socket.destroy();
      resolve(brokers);
    };
    socket.setTimeout(withinMs, () => done(undefined));
    socket.on('error', () => done(undefined));
    socket.on('close', () => done(undefined));
    socket.on('connect', () => socket.write(metadataRequest()));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) done(brokersIn(received));
    });
  });
}

/** Kafka protocol: size, api key, version, correlation id, client id; body: an empty list of topics, no creation. */
function metadataRequest(): Buffer {
  const clientId = Buffer.from('probe');
  const request = Buffer.alloc(4 + 2 + 2 + 4 + 2 + clientId.length + 4 + 1);
  let at = request.writeInt32BE(request.length - 4, 0);
  at = request.writeInt16BE(METADATA_KEY, at);
  at = request.writeInt16BE(METADATA_VERSION, at);
  at = request.writeInt32BE(CORRELATION_ID, at);
  at = request.writeInt16BE(clientId.length, at);
  at += clientId.copy(request, at);
  at = request.writeInt32BE(0, at);
  request.writeUInt8(0, at);
  return request;
}

/** The body begins with the throttle time, then the length of the array of brokers. */
function brokersIn(response: Buffer): number | undefined {
  const BROKERS_AT = 4 + 4 + 4;
  if (response.length < BROKERS_AT + 4 || response.readInt32BE(4) !== CORRELATION_ID) return undefined;
  return response.readInt32BE(BROKERS_AT);
}
