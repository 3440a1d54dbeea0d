import { type NestExpressApplication } from '@nestjs/platform-express';
import { Readiness } from '../health/readiness.js';
import { createLog, type Log } from '../logging/log.js';
import { createService, type ServiceOptions } from './create-service.js';

const defaultShutdownTimeoutMs = 25_000;

/**
 * Starts a service, listens, and ends it gracefully on SIGTERM and SIGINT: not ready, then the modules' shutdown
 * hooks in order, then exit code 0, or 1 when that takes longer than the configured time.
 */
export async function runService(options: ServiceOptions): Promise<NestExpressApplication> {
  const log = options.log ?? createLog(options.name, options.config.logLevel);
  endOnUnhandledErrors(log);
  const app = await createService({ ...options, log });
  endOnSignal(app, log, options.config.shutdownTimeoutMs ?? defaultShutdownTimeoutMs);
  const { port, host } = options.config;
  await (host === undefined ? app.listen(port) : app.listen(port, host));
  log.info({ url: await app.getUrl() }, `${options.name} listens`);
  return app;
}

function endOnUnhandledErrors(log: Log): void {
  const end = (error: unknown): void => {
    log.fatal({ err: error }, 'an error that nobody handles: the process ends');
    process.exit(1);
  };
  process.on('unhandledRejection', end);
  process.on('uncaughtException', end);
}

function endOnSignal(app: NestExpressApplication, log: Log, timeoutMs: number): void {
  let ending = false;
  const end = (signal: NodeJS.Signals): void => {
    // A terminal sends the signal to npm and to us, and npm passes it on: the second one is no impatience.
    if (ending) return;
    ending = true;
    log.info({ signal }, 'shutting down');
    app.get(Readiness).close();
    setTimeout(() => {
      log.error({ timeoutMs }, 'the shutdown takes too long: the process ends');
      process.exit(1);
    }, timeoutMs).unref();
    app.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'the shutdown failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}
