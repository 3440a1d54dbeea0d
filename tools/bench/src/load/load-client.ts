import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type LoadReply, type LoadRequestName, type LoadRequests } from './requests.js';

/** A load in a process of its own, which does what it is asked for. It ends with this process at the latest. */
export class LoadClient {
  private readonly child: ChildProcess;
  private waiting: { resolve(reply: LoadReply): void; reject(error: Error): void } | undefined;
  private ended: Error | undefined;

  constructor() {
    this.child = fork(fileURLToPath(new URL('./answering-process.js', import.meta.url)), {
      serialization: 'advanced',
      // A run's recording is large, and the collector must not rule the measurement.
      execArgv: ['--max-old-space-size=8192', '--max-semi-space-size=64'],
    });
    this.child.on('message', (reply: LoadReply) => {
      this.waiting?.resolve(reply);
      this.waiting = undefined;
    });
    this.child.on('error', (error) => this.fail(error));
    this.child.on('exit', (code, signal) =>
      this.fail(new Error(`the load process ended (${signal ?? code})`)),
    );
  }

  /** One request at a time. @throws Error with the reason where it could not be done */
  async ask<Name extends LoadRequestName>(
    name: Name,
    given: LoadRequests[Name]['given'],
  ): Promise<LoadRequests[Name]['answer']> {
    if (this.ended !== undefined) throw this.ended;
    if (this.waiting !== undefined) throw new Error(`the load is at work: ${name} has to wait`);
    const reply = await new Promise<LoadReply>((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.child.send({ name, given });
    });
    if (!reply.ok) throw new Error(`the load could not run: ${reply.reason}`);
    return reply.answer as LoadRequests[Name]['answer'];
  }

  end(): void {
    this.child.kill('SIGKILL');
  }

  private fail(error: Error): void {
    this.ended = error;
    this.waiting?.reject(error);
    this.waiting = undefined;
  }
}
