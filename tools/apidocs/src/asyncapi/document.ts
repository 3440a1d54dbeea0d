import { type JsonObject, SchemaCollector } from '../schema-collector.js';
import { kafkaHalf } from './kafka.js';
import { socketHalf } from './socket.js';

const about = `What travels over sockets and over Kafka, as Parley sees it: it *receives* commands and *sends* events. Unknown fields of a command are refused; events, acks and records may gain fields. A refusal in an ack carries a code of one table, which REST uses too; limits, codes and times: [limits and errors](limits-and-errors.md). REST is in [openapi.json](openapi.json).`;

/** AsyncAPI 3.0 of socket.io and Kafka. */
export function asyncApiDocument(version: string): JsonObject {
  // The schema objects of AsyncAPI 3.0 are a superset of draft 07.
  const schemas = new SchemaCollector('draft-07');
  const halves = [socketHalf(schemas), kafkaHalf(schemas)];
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Parley: sockets and topics',
      version,
      description: about,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      gateway: {
        host: 'localhost:3000',
        pathname: '/socket.io',
        protocol: 'ws',
        description: 'socket.io 4, transport websocket only; `npm start`, or the front door.',
      },
      log: {
        host: 'localhost:9092',
        protocol: 'kafka',
        description: 'Inside: for services, and for consumers of whoever runs Parley.',
      },
    },
    channels: Object.assign({}, ...halves.map(({ channels }) => channels)) as JsonObject,
    operations: Object.assign({}, ...halves.map(({ operations }) => operations)) as JsonObject,
    components: { schemas: schemas.components },
  };
}
