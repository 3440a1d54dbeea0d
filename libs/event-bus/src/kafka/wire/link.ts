import { connect as connectPlain, isIP } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import {
  type ApiName,
  apiKeys,
  Connection,
  lookup,
  requests,
  type WireConnection,
  type WireLogger,
} from './kafkajs-internals.js';

export interface LinkOptions {
  readonly clientId: string;
  readonly connectionTimeoutMs: number;
  readonly ssl?: ConnectionOptions | true;
  readonly sasl?: object;
  readonly logger: WireLogger;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

interface SocketRequest extends Address {
  readonly ssl?: ConnectionOptions | null;
  readonly onConnect: () => void;
}

/** Nagle's algorithm would hold back every small request by a round trip. */
function openSocket({ host, port, ssl, onConnect }: SocketRequest) {
  const socket = ssl
    ? connectTls({ host, port, ...(isIP(host) ? {} : { servername: host }), ...ssl }, onConnect)
    : connectPlain({ host, port }, onConnect);
  return socket.setNoDelay(true).setKeepAlive(true, 30_000);
}

/** In place of the codecs of kafkajs, which cost several times as much. */
export interface OwnCodec<Answer> {
  /** The body of the request. */
  readonly encode?: Buffer;
  readonly decode?: (raw: Buffer) => Promise<Answer>;
}

/** One connection to one broker, opened when it is needed and dropped when it fails or does not answer. */
export class Link {
  private connection: WireConnection | undefined;
  private opening: Promise<WireConnection> | undefined;
  private request: ReturnType<typeof lookup> | undefined;

  constructor(
    private readonly address: Address,
    private readonly options: LinkOptions,
  ) {}

  get isOpen(): boolean {
    return this.connection?.isConnected() === true;
  }

  /**
   * Sends a request and returns its decoded answer, whatever error codes it holds.
   * @throws Error when the connection fails or no answer comes within the time
   */
  async send<Answer>(
    api: ApiName,
    payload: object,
    timeoutMs: number,
    { encode, decode }: OwnCodec<Answer> = {},
  ): Promise<Answer> {
    const connection = await this.open();
    if (!this.request) throw new Error('the connection was closed');
    const { request, response } = this.request(apiKeys[api], requests[api])(payload);
    try {
      const answer = await connection.send({
        request: encode ? { ...request, encode: async () => ({ buf: encode, buffer: encode }) } : request,
        response: { decode: decode ?? response.decode, parse: (data) => data },
        requestTimeout: timeoutMs,
        logResponseError: false,
      });
      return answer as Answer;
    } catch (error) {
      // After a time-out the answers that follow would be just as late: kafkajs keeps such a connection for ever.
      if (connection === this.connection) this.drop(error as Error);
      throw error;
    }
  }

  /** Ends the connection; requests under way fail with the error. */
  drop(error: Error = new Error('the connection was closed')): void {
    const connection = this.connection;
    this.connection = undefined;
    if (!connection) return;
    connection.requestQueue.rejectAll(error);
    connection.socket?.destroy();
    connection.disconnect().catch(() => undefined);
  }

  private async open(): Promise<WireConnection> {
    if (this.connection?.isConnected()) return this.connection;
    this.opening ??= this.connect().finally(() => (this.opening = undefined));
    return this.opening;
  }

  private async connect(): Promise<WireConnection> {
    this.drop();
    const { clientId, connectionTimeoutMs, ssl, sasl, logger } = this.options;
    const connection = new Connection({
      ...this.address,
      clientId,
      logger,
      socketFactory: openSocket,
      connectionTimeout: connectionTimeoutMs,
      // A lower bound only: each request brings its own.
      requestTimeout: 500,
      ssl: ssl === true ? {} : (ssl ?? null),
      sasl: sasl ?? null,
    });
    quietTimer(connection);
    this.connection = connection;
    try {
      await connection.connect();
      await this.negotiate(connection);
      await connection.authenticate();
    } catch (error) {
      if (this.connection === connection) this.drop(error as Error);
      throw error;
    }
    return connection;
  }

  private async negotiate(connection: WireConnection): Promise<void> {
    const call = requests.ApiVersions.protocol({ version: 1 })();
    const requestTimeout = this.options.connectionTimeoutMs;
    const answer = (await connection.send({ ...call, requestTimeout })) as {
      apiVersions: { apiKey: number; minVersion: number; maxVersion: number }[];
    };
    const versions = Object.fromEntries(answer.apiVersions.map((version) => [version.apiKey, version]));
    connection.setVersions(versions);
    connection.setSupportAuthenticationProtocol(true);
    this.request = lookup(versions);
  }
}

/** kafkajs 2.2.4 sets a timer of one millisecond again and again on every connection, also on idle ones. */
function quietTimer({ requestQueue }: WireConnection): void {
  const schedule = requestQueue.scheduleCheckPendingRequests.bind(requestQueue);
  requestQueue.scheduleCheckPendingRequests = () => {
    if (requestQueue.pending.length > 0) schedule();
  };
}
