import type { Socket } from 'socket.io';
import type { Sequence } from '../outbound/sequence.js';
import type { Wire } from '../outbound/frame.js';

/** Whose session it is, and until when. */
export interface SessionIdentity {
  readonly userId: string;
  readonly deviceId: string;
  /** Of the access token; milliseconds since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/**
 * One live socket of a device. There is one of these per connection, most of them idle: everything that can be
 * shared or made at the first use is, and no timer or closure belongs to a single session.
 */
export class Session {
  readonly connectedAt = Date.now();
  /** Commands without an answer. */
  inFlight = 0;
  /** Its record stands in `sessions`, and the client knows. */
  ready = false;
  /** Its socket is gone, or was told to go. */
  ended = false;
  /** Whether its person is at it. */
  state: 'active' | 'idle' = 'active';
  /** What the batch of inbox items under way has for this socket. */
  outgoing: Sequence | undefined = undefined;
  /** Made at the first command. */
  private device: string | undefined = undefined;

  constructor(
    /** Never used twice in an incarnation. */
    readonly counter: number,
    readonly socket: Socket,
    readonly wire: Wire,
    /** Replaced when the token is renewed. */
    public identity: SessionIdentity,
  ) {}

  /** A client chooses its device id where its token names none, so the user belongs to the key. */
  get deviceKey(): string {
    this.device ??= `${this.userId}/${this.deviceId}`;
    return this.device;
  }

  get userId(): string {
    return this.identity.userId;
  }

  get deviceId(): string {
    return this.identity.deviceId;
  }
}
