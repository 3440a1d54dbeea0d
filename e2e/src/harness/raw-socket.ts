/** One WebSocket that says what it is told, well-formed or not: text frames of engine.io and socket.io by hand. */
export class RawSocket {
  readonly received: string[] = [];
  /** Set when the socket has ended. */
  closeCode: number | undefined;
  private readonly socket: WebSocket;
  private readonly opened: Promise<void>;
  private changed: (() => void)[] = [];

  constructor(url: string) {
    this.socket = new WebSocket(`${url.replace(/^http/, 'ws')}/socket.io/?EIO=4&transport=websocket`);
    this.opened = new Promise((resolve, reject) => {
      this.socket.addEventListener('open', () => resolve());
      this.socket.addEventListener('error', () => reject(new Error('the socket did not open')));
    });
    this.socket.addEventListener('message', ({ data }) => this.message(String(data)));
    this.socket.addEventListener('close', ({ code }) => {
      this.closeCode = code;
      this.wake();
    });
    // What follows an error is a close, and that is what the tests look at.
    this.opened.catch(() => undefined);
  }

  /** Opens and sends the socket.io handshake, whatever the answer will be. */
  async connect(auth: unknown): Promise<void> {
    await this.opened;
    await this.frame((text) => text.startsWith('0'));
    this.send(`40${JSON.stringify(auth)}`);
  }

  send(text: string | Uint8Array<ArrayBuffer>): void {
    this.socket.send(text);
  }

  /** Sends a command with an ack, and returns the ack's body. */
  async request(number: number, event: string, body: unknown): Promise<unknown> {
    this.send(`42${number}${JSON.stringify([event, body])}`);
    const answer = await this.frame((text) => text.startsWith(`43${number}[`));
    const [ack] = JSON.parse(answer.slice(`43${number}`.length)) as [unknown];
    return ack;
  }

  /** The first frame that matches, already received or still to come. */
  async frame(matches: (text: string) => boolean, withinMs = 10_000): Promise<string> {
    return this.eventually(() => this.received.find(matches), withinMs);
  }

  async closed(withinMs = 10_000): Promise<number> {
    return this.eventually(() => this.closeCode, withinMs);
  }

  close(): void {
    this.socket.close();
  }

  private message(text: string): void {
    if (text === '2') this.socket.send('3');
    else this.received.push(text);
    this.wake();
  }

  private wake(): void {
    for (const resolve of this.changed.splice(0)) resolve();
  }

  private async eventually<T>(find: () => T | undefined, withinMs: number): Promise<T> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      const left = deadline - Date.now();
      if (left <= 0)
        throw new Error(
          `nothing came within ${withinMs} ms; so far: ${this.received.join(' ').slice(0, 500)}`,
        );
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.changed.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }
}
