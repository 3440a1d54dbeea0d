import {
  type Ack,
  type ClientToServerEvents,
  type ConnectErrorData,
  type ServerToClientEvents,
  type SessionClosed,
  type SessionReady,
  type SessionRenewed,
  type SocketCommandData,
} from '@parley/contracts';
import { timing } from '@parley/contracts/constants';
import { io, type Socket } from 'socket.io-client';
import { type ConversationEvent } from '../conversations/conversation-state.js';
import { noAnswer } from '../failure.js';
import { type Attempt, type ConversationCommand } from '../outbox/outbox.js';

/** What a link tells the connection that opened it. */
export interface LinkEvents {
  event(event: ConversationEvent): void;
  resync(): void;
  draining(reconnectAfterMs: number): void;
  closed(reason: SessionClosed): void;
  /** The socket is gone, for whatever reason; told once, and only after it was ready. */
  lost(): void;
}

/** A handshake that was refused, or a server that cannot be reached. */
export class LinkRefused extends Error {
  constructor(
    message: string,
    /** Absent where nothing answered. */
    readonly refusal: ConnectErrorData | undefined,
  ) {
    super(message);
    this.name = 'LinkRefused';
  }
}

const HANDSHAKE_TIMEOUT_MS = 10_000;

const conversationEvents = [
  'message.created',
  'message.edited',
  'message.deleted',
  'reaction.changed',
  'conversation.created',
  'conversation.updated',
  'member.joined',
  'member.updated',
  'member.left',
] as const;

/** One socket, from its handshake to its end. It never reconnects: the connection opens another link instead. */
export class Link {
  session: SessionReady | null = null;
  private readonly socket: Socket<ServerToClientEvents, ClientToServerEvents>;
  private unanswered = 0;

  constructor(
    url: string,
    auth: { token: string; deviceId: string },
    private readonly events: LinkEvents,
  ) {
    this.socket = io(url, {
      auth,
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      autoConnect: false,
      timeout: HANDSHAKE_TIMEOUT_MS,
    });
  }

  /** @throws LinkRefused */
  open(): Promise<SessionReady> {
    return new Promise((resolve, reject) => {
      const fail = (error: Error & { data?: ConnectErrorData }): void => {
        clearTimeout(timer);
        this.close();
        reject(new LinkRefused(error.message, error.data));
      };
      const timer = setTimeout(() => fail(new Error('no session in time')), HANDSHAKE_TIMEOUT_MS);
      this.socket.once('connect_error', fail);
      this.socket.once('disconnect', (reason) => {
        if (this.session) this.events.lost();
        else fail(new Error(reason));
      });
      this.socket.once('session.ready', (session) => {
        clearTimeout(timer);
        this.session = session;
        resolve(session);
      });
      this.listen();
      this.socket.connect();
    });
  }

  /** Sends once. A lost connection or a late answer is an answer too: nobody knows what became of it. */
  async attempt<Name extends ConversationCommand>({
    command,
    body,
  }: Attempt<Name>): Promise<Ack<SocketCommandData<Name>>> {
    if (!this.socket.connected) return { ok: false, error: noAnswer('UNAVAILABLE', 'not connected', 'none') };
    return this.request<SocketCommandData<Name>>(command, body);
  }

  renew(token: string): Promise<Ack<SessionRenewed>> {
    return this.request('session.renew', { token });
  }

  /** Waits for what is on its way, then closes. */
  async finish(): Promise<void> {
    const deadline = Date.now() + timing.clientAckTimeoutMs;
    while (this.unanswered > 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    this.close();
  }

  close(): void {
    this.socket.disconnect();
  }

  private listen(): void {
    for (const name of conversationEvents) {
      // The name and its body belong together, which the type of a loop variable cannot say.
      this.socket.on(name, (body: unknown) => this.events.event({ name, body } as ConversationEvent));
    }
    this.socket.on('session.resync', () => this.events.resync());
    this.socket.on('session.draining', ({ reconnectAfterMs }) => this.events.draining(reconnectAfterMs));
    this.socket.on('session.closed', (reason) => this.events.closed(reason));
  }

  private async request<Data>(command: string, body: object): Promise<Ack<Data>> {
    this.unanswered += 1;
    try {
      const emitter = this.socket.timeout(timing.clientAckTimeoutMs) as unknown as AckEmitter;
      return (await emitter.emitWithAck(command, body)) as Ack<Data>;
    } catch (error) {
      const message = error instanceof Error ? error.message : 'no answer';
      return { ok: false, error: noAnswer('TIMEOUT', message, 'unknown') };
    } finally {
      this.unanswered -= 1;
    }
  }
}

/** What `emitWithAck` does, without a type per command: the commands' own types are checked at the outbox. */
interface AckEmitter {
  emitWithAck(command: string, body: object): Promise<unknown>;
}
