import { Injectable } from '@nestjs/common';
import { formatSessionId } from '@parley/contracts';
import { GatewayConfig } from '../config.js';

/** Under which name this process and its sessions are known at the moment. */
@Injectable()
export class SessionIds {
  /** Changes when the process was declared dead; -1 before the first. */
  incarnation = -1;

  constructor(private readonly config: GatewayConfig) {}

  get slot(): string {
    return this.config.slot;
  }

  of({ counter }: { counter: number }, incarnation = this.incarnation): string {
    return formatSessionId({ slot: this.slot, incarnation, counter });
  }
}
