import { type LoggerService } from '@nestjs/common';
import { type Log } from './log.js';

/** What the framework says about its own start is of no interest to who runs the service. */
const chatty = new Set([
  'InstanceLoader',
  'RouterExplorer',
  'RoutesResolver',
  'NestFactory',
  'NestApplication',
]);

/** Sends what the framework and `new Logger(context)` log to our log. */
export class NestLog implements LoggerService {
  constructor(private readonly target: Log) {}

  log(message: unknown, ...rest: unknown[]): void {
    const context = contextOf(rest);
    const level = chatty.has(String(context)) ? 'debug' : 'info';
    this.target[level]({ context }, textOf(message));
  }

  error(message: unknown, ...rest: unknown[]): void {
    const stack = rest.length > 1 || String(rest[0]).includes('\n') ? rest[0] : undefined;
    const error = message instanceof Error ? { err: message } : { stack };
    this.target.error({ context: contextOf(rest), ...error }, textOf(message));
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.target.warn({ context: contextOf(rest) }, textOf(message));
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.target.debug({ context: contextOf(rest) }, textOf(message));
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.debug(message, ...rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.target.fatal({ context: contextOf(rest) }, textOf(message));
  }
}

function contextOf(rest: unknown[]): unknown {
  const last = rest.at(-1);
  return typeof last === 'string' && !last.includes('\n') ? last : undefined;
}

function textOf(message: unknown): string {
  if (message instanceof Error) return message.message;
  return typeof message === 'string' ? message : JSON.stringify(message);
}
