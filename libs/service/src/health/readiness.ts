import { Injectable } from '@nestjs/common';

export type ReadinessCheck = () => Promise<void> | void;

/** What must work for this process to be sent traffic. Parts of the service register what they depend on. */
@Injectable()
export class Readiness {
  private readonly checks = new Map<string, ReadinessCheck>();
  private closing = false;

  /** @param check throws or rejects while the service is not ready; its message is shown to the operator */
  register(name: string, check: ReadinessCheck): void {
    if (this.checks.has(name)) throw new Error(`a readiness check named ${name} exists already`);
    this.checks.set(name, check);
  }

  /** The process is about to end: it is not ready any more, and connections are not kept alive. */
  close(): void {
    this.closing = true;
  }

  get isClosing(): boolean {
    return this.closing;
  }

  list(): ReadonlyMap<string, ReadinessCheck> {
    return this.checks;
  }
}
