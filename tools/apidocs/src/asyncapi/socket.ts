import {
  connectErrorSchema,
  errorBodySchema,
  type ErrorCode,
  handshakeSchema,
  refusalsOfEveryCommand,
  socketCommands,
  socketEvents,
} from '@parley/contracts';
import type { z } from 'zod';
import { descriptionOf, type JsonObject, type SchemaCollector } from '../schema-collector.js';

export interface Half {
  readonly channels: JsonObject;
  readonly operations: JsonObject;
}

interface Command {
  readonly schema: z.ZodType;
  readonly answer: z.ZodType;
  readonly refusals: readonly ErrorCode[];
}

const channel = { $ref: '#/channels/socket' };
const message = (name: string) => ({ $ref: `#/channels/socket/messages/${name}` });

/** One channel, the socket; each event of socket.io is a message in it. */
export function socketHalf(schemas: SchemaCollector): Half {
  const messages: Record<string, JsonObject> = {
    handshake: messageOf('auth', handshakeSchema, schemas),
    connect_error: messageOf('connect_error', connectErrorSchema, schemas),
  };
  const operations: Record<string, JsonObject> = { connect };
  for (const [name, command] of Object.entries<Command>(socketCommands)) {
    messages[name] = messageOf(name, command.schema, schemas);
    messages[`${name}.ack`] = ackOf(name, command, schemas);
    operations[name] = {
      action: 'receive',
      channel,
      title: name,
      summary: descriptionOf(command.schema, name),
      messages: [message(name)],
      reply: { channel, messages: [message(`${name}.ack`)] },
    };
  }
  for (const [name, schema] of Object.entries<z.ZodType>(socketEvents)) {
    messages[name] = messageOf(name, schema, schemas);
    operations[name] = {
      action: 'send',
      channel,
      title: name,
      summary: descriptionOf(schema, name),
      messages: [message(name)],
    };
  }
  const description =
    'A message is an event of socket.io with one argument. A client emits a command with an acknowledgement, `emit(name, body, ack)`; the ack gets `{ok: true, data}` or `{ok: false, error}`.';
  const socket = { address: '/', title: 'The socket', description, servers: [server], messages };
  return { channels: { socket }, operations };
}

const server = { $ref: '#/servers/gateway' };

const connect: JsonObject = {
  action: 'receive',
  channel,
  title: 'connect',
  summary: 'Opens a session: the answer is `session.ready`, or `connect_error` with its reason in `data`.',
  messages: [message('handshake')],
  reply: { channel, messages: [message('session.ready'), message('connect_error')] },
};

function messageOf(name: string, schema: z.ZodType, schemas: SchemaCollector): JsonObject {
  return { name, summary: descriptionOf(schema, name), payload: schemas.use(schema) };
}

function ackOf(name: string, { answer, refusals }: Command, schemas: SchemaCollector): JsonObject {
  const codes = [...new Set([...refusals, ...refusalsOfEveryCommand])];
  const error = {
    allOf: [schemas.use(errorBodySchema), { properties: { code: { enum: codes } } }],
  };
  return {
    name: `${name}.ack`,
    summary: `The acknowledgement of ${name}.`,
    payload: {
      oneOf: [
        closed({ ok: { const: true }, data: schemas.use(answer) }),
        closed({ ok: { const: false }, error }),
      ],
    },
  };
}

const closed = (properties: JsonObject): JsonObject => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
});
