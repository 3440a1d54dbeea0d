import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

interface Send {
  conversationId: string;
  id: string;
  text: string;
}

/** Enough of the protocol for a load to run against: answers each send and passes it on to everybody else. */
export class TinyChat {
  private readonly server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  private readonly ready = once(this.server, 'listening');
  private readonly lastSeq = new Map<string, number>();
  readonly devices: string[] = [];
  /** How many have come so far, refused ones too. */
  sends = 0;
  /** Decides the answer; by default every send is acked. */
  refuse: (send: Send) => string | undefined = () => undefined;

  constructor() {
    this.server.on('connection', (socket) => {
      socket.send('0{"sid":"x"}');
      socket.on('message', (data) => this.packet(socket, (data as Buffer).toString()));
    });
  }

  async url(): Promise<string> {
    await this.ready;
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  dropAll(): void {
    for (const socket of this.server.clients) socket.terminate();
  }

  stop(): void {
    this.dropAll();
    this.server.close();
  }

  private packet(socket: WebSocket, packet: string): void {
    if (packet.startsWith('40')) {
      this.devices.push((JSON.parse(packet.slice(2)) as { deviceId: string }).deviceId);
      socket.send('40{"sid":"y"}');
      socket.send('42["session.ready",{"sessionId":"s"}]');
      return;
    }
    const [, number, json] = /^42(\d+)(\[.*)$/.exec(packet) ?? [];
    if (json !== undefined) this.send(socket, Number(number), (JSON.parse(json) as [string, Send])[1]);
  }

  private send(socket: WebSocket, number: number, send: Send): void {
    this.sends += 1;
    const code = this.refuse(send);
    if (code !== undefined) {
      socket.send(`43${number}[${JSON.stringify({ ok: false, error: { code, outcome: 'none' } })}]`);
      return;
    }
    const seq = (this.lastSeq.get(send.conversationId) ?? 0) + 1;
    this.lastSeq.set(send.conversationId, seq);
    const message = {
      ...send,
      seq,
      version: seq + 1,
      createdVersion: seq + 1,
      senderId: 'someone',
      deletedAt: null,
    };
    const { conversationId } = send;
    socket.send(`43${number}[${JSON.stringify({ ok: true, data: { message, deduplicated: false } })}]`);
    const event = `42["message.created",${JSON.stringify({ conversationId, version: seq + 1, message })}]`;
    for (const peer of this.server.clients) if (peer !== socket) peer.send(event);
  }
}
