import { type Attempt, type Entry, type FinalRead, type History, type Row, type Dump } from './entries.js';

type Unstamped<E> = E extends unknown ? Omit<E, 'at' | 'user' | 'device' | 'session'> : never;
/** An entry without what the recorder knows by itself. */
export type Observation = Unstamped<Entry>;

/** Milliseconds of a monotonic clock. */
export type Clock = () => number;

/** The log of one device. */
export class DeviceLog {
  session: string | null = null;

  constructor(
    private readonly recorder: HistoryRecorder,
    readonly user: string,
    readonly device: string,
  ) {}

  record(observation: Observation): void {
    this.recorder.append(this, observation);
  }
}

/**
 * Gathers what all clients of a test see. Every delivery parses its own copy of the same few strings, so they are
 * replaced by one copy each: 50 devices that see 20,000 messages keep 20,000 texts.
 */
export class HistoryRecorder {
  private readonly entries: Entry[] = [];
  private readonly strings = new Map<string, string>();

  constructor(private readonly clock: Clock) {}

  device(user: string, device: string): DeviceLog {
    return new DeviceLog(this, user, device);
  }

  get length(): number {
    return this.entries.length;
  }

  append(log: DeviceLog, observation: Observation): void {
    const { user, device, session } = log;
    this.entries.push({ at: this.clock(), user, device, session, ...this.compact(observation) });
  }

  finish(reads: readonly FinalRead[], dump: Dump): History {
    return { entries: this.entries, reads, dump };
  }

  private one(text: string): string {
    const known = this.strings.get(text);
    if (known !== undefined) return known;
    this.strings.set(text, text);
    return text;
  }

  private compact(observation: Observation): Observation {
    switch (observation.kind) {
      case 'invoke':
        return { ...observation, ...this.attempt(observation), text: this.text(observation.text) };
      case 'ok':
      case 'fail':
        return { ...observation, ...this.attempt(observation) };
      case 'delivery': {
        const message = observation.message && this.row(observation.message);
        return { ...observation, conversationId: this.one(observation.conversationId), message };
      }
      case 'shown':
        return {
          ...observation,
          conversationId: this.one(observation.conversationId),
          message: this.row(observation.message),
        };
      case 'sync':
      case 'left':
      case 'membership-ended':
      case 'mark':
      case 'read':
        return { ...observation, conversationId: this.one(observation.conversationId) };
      case 'ready':
        return observation;
    }
  }

  private attempt({ conversationId, id, commandId }: Attempt) {
    return { conversationId: this.one(conversationId), id: this.one(id), commandId: this.one(commandId) };
  }

  private text(text: string | null): string | null {
    return text === null ? null : this.one(text);
  }

  /** Keeps what the checker looks at of a message, and nothing else. */
  private row({ id, seq, version, createdVersion, senderId, text, details }: Row): Row {
    return {
      id: this.one(id),
      seq,
      version,
      createdVersion,
      senderId: this.one(senderId),
      text: this.text(text),
      ...(details === undefined ? {} : { details: this.one(details) }),
    };
  }
}
