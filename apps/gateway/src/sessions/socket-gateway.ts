import { type OnGatewayConnection, type OnGatewayInit, WebSocketGateway } from '@nestjs/websockets';
import type { Server, Socket } from 'socket.io';
import { CommandDispatcher } from '../inbound/command-dispatcher.js';
import { packetTaker } from '../inbound/packet.js';
import { GatewayMetrics } from '../metrics.js';
import { connectError, Handshake } from './handshake.js';
import type { Session, SessionIdentity } from './session.js';
import { SessionLifecycle } from './session-lifecycle.js';

/** Where sockets come in: the handshake, then the session, then its packets. */
@WebSocketGateway()
export class SocketGateway implements OnGatewayInit<Server>, OnGatewayConnection<Socket> {
  private readonly takePackets: ReturnType<typeof packetTaker>;
  /** The same two functions for all sockets; `this` is the socket. */
  private readonly onDisconnect: (this: Socket, reason: string, description?: unknown) => void;
  private readonly onUnreadable: (this: Socket) => void;

  constructor(
    private readonly handshake: Handshake,
    private readonly lifecycle: SessionLifecycle,
    private readonly metrics: GatewayMetrics,
    dispatcher: CommandDispatcher,
  ) {
    this.takePackets = packetTaker((session, packet) => dispatcher.receive(session, packet));
    this.onDisconnect = function (reason, description) {
      if (reason === 'parse error') metrics.unreadable('packet');
      else if (String(description).includes('Max payload size')) metrics.unreadable('frame-too-large');
      if (reason === 'ping timeout') lifecycle.lose(this.data as Session);
      else lifecycle.end(this.data as Session);
    };
    this.onUnreadable = () => metrics.unreadable('packet');
  }

  afterInit(server: Server): void {
    server.engine.on('connection', forgetRequest);
    server.use((socket, next) => {
      this.handshake.authenticate(socket.handshake.auth).then(
        (identity) => {
          socket.data = identity;
          next();
        },
        (error: unknown) => {
          const refused = connectError(error);
          this.metrics.refusedHandshakes.inc({ code: refused.data.code });
          next(refused);
        },
      );
    });
  }

  handleConnection(socket: Socket): void {
    const session = this.lifecycle.begin(socket, socket.data as SessionIdentity);
    this.takePackets(socket, session);
    socket.on('disconnect', this.onDisconnect);
    socket.on('error', this.onUnreadable);
    forgetHandshake(socket);
    this.lifecycle.announce(session);
  }
}

/** The HTTP request, with all its headers, would live as long as the socket. */
function forgetRequest(conn: { request: unknown }): void {
  conn.request = null;
}

const nothing = Object.freeze({});

/** So would the token. */
function forgetHandshake(socket: Socket): void {
  Object.assign(socket, { handshake: nothing });
}
