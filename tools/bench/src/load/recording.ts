/** Numbers in a typed array that grows: a run has millions, and objects would cost memory and pauses. */
export class NumberColumn {
  private values: Float64Array = new Float64Array(1 << 14);
  length = 0;

  push(value: number): void {
    if (this.length === this.values.length) {
      const larger = new Float64Array(this.length * 2);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.length] = value;
    this.length += 1;
  }

  at(index: number): number {
    return this.values[index] as number;
  }

  set(index: number, value: number): void {
    this.values[index] = value;
  }

  finish(): Float64Array {
    return this.values.slice(0, this.length);
  }
}

/**
 * What a run saw, in columns: row n of each `send` column is the send number n. Made into history entries after the
 * run, so that the load spends nothing on it while it counts. Times are milliseconds of one clock.
 */
export interface Recording {
  send: {
    conversation: Float64Array;
    device: Float64Array;
    id: string[];
    invokedAt: Float64Array;
    /** 0 without an answer. */
    answeredAt: Float64Array;
    /** The ack's JSON: `[{"ok":…}]`. */
    answer: (Uint8Array | undefined)[];
  };
  /** Each frame as it first came, by send number. */
  firstFrame: (Uint8Array | undefined)[];
  /** Frames that differ from the first one of their message. */
  otherFrames: Uint8Array[];
  delivery: {
    device: Float64Array;
    /** A send number, or -1 - n for `otherFrames[n]`. */
    frame: Float64Array;
    at: Float64Array;
  };
}

export class Recorder {
  private readonly conversation = new NumberColumn();
  private readonly device = new NumberColumn();
  private readonly ids: string[] = [];
  private readonly invokedAt = new NumberColumn();
  private readonly answeredAt = new NumberColumn();
  private readonly answers: (Uint8Array | undefined)[] = [];
  private readonly firstFrames: (Buffer | undefined)[] = [];
  private readonly otherFrames: Buffer[] = [];
  private readonly deliveredTo = new NumberColumn();
  private readonly deliveredFrame = new NumberColumn();
  private readonly deliveredAt = new NumberColumn();

  get sends(): number {
    return this.ids.length;
  }

  sent(conversation: number, device: number, id: string, at: number): void {
    this.conversation.push(conversation);
    this.device.push(device);
    this.ids.push(id);
    this.invokedAt.push(at);
    this.answeredAt.push(0);
    this.answers.push(undefined);
    this.firstFrames.push(undefined);
  }

  answered(send: number, answer: Buffer, at: number): void {
    this.answeredAt.set(send, at);
    this.answers[send] = Buffer.from(answer);
  }

  conversationOf(send: number): number {
    return this.conversation.at(send);
  }

  delivered(send: number, device: number, packet: Buffer, at: number): void {
    this.deliveredTo.push(device);
    this.deliveredAt.push(at);
    const first = this.firstFrames[send];
    if (first === undefined) {
      this.firstFrames[send] = Buffer.from(packet);
      this.deliveredFrame.push(send);
    } else if (first.equals(packet)) {
      this.deliveredFrame.push(send);
    } else {
      this.deliveredFrame.push(-this.otherFrames.push(Buffer.from(packet)));
    }
  }

  finish(): Recording {
    return {
      send: {
        conversation: this.conversation.finish(),
        device: this.device.finish(),
        id: this.ids,
        invokedAt: this.invokedAt.finish(),
        answeredAt: this.answeredAt.finish(),
        answer: this.answers,
      },
      firstFrame: this.firstFrames,
      otherFrames: this.otherFrames,
      delivery: {
        device: this.deliveredTo.finish(),
        frame: this.deliveredFrame.finish(),
        at: this.deliveredAt.finish(),
      },
    };
  }
}
