import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import { type HttpSettings } from '../config/settings.js';
import { HealthModule } from '../health/health.module.js';
import { Readiness } from '../health/readiness.js';
import { createLog, Log } from '../logging/log.js';
import { LogModule } from '../logging/log.module.js';
import { NestLog } from '../logging/nest-log.js';
import { MetricsModule } from '../metrics/metrics.module.js';
import { ErrorFilter } from '../rest/error-filter.js';
import { type ServiceRequest, type ServiceResponse } from '../rest/http-exchange.js';
import { assignRequestId } from '../rest/request-id.js';

export interface ServiceOptions {
  readonly name: string;
  readonly config: HttpSettings;
  readonly module: DynamicModule | Type<unknown>;
  /** The last word before it listens, for such as a WebSocket adapter. */
  configure?(app: NestExpressApplication): void | Promise<void>;
  /** Written to instead of a new log. */
  readonly log?: Log;
}

/** Bodies above this are refused as `TOO_LARGE`. */
const bodyLimit = '1mb';

@Module({})
class ServiceModule {}

/** Builds the application with everything that all services share; it does not listen yet. */
export async function createService(options: ServiceOptions): Promise<NestExpressApplication> {
  const { config } = options;
  const log = options.log ?? createLog(options.name, config.logLevel);
  const root: DynamicModule = {
    module: ServiceModule,
    imports: [
      LogModule.register(log),
      MetricsModule.register(config.metricsPort),
      HealthModule,
      options.module,
    ],
  };
  const app = await NestFactory.create<NestExpressApplication>(root, {
    bodyParser: false,
    logger: new NestLog(log),
    abortOnError: false,
  });
  const readiness = app.get(Readiness);
  app.disable('x-powered-by');
  app.set('trust proxy', config.trustedProxyHops ?? 0);
  app.use(assignRequestId);
  app.use((_: ServiceRequest, response: ServiceResponse, next: () => void) => {
    // A connection that is kept alive would keep the closing server open.
    if (readiness.isClosing) response.setHeader('connection', 'close');
    next();
  });
  app.use(helmet());
  app.enableCors(corsOf(config.allowedOrigins));
  app.useBodyParser('json', { limit: bodyLimit });
  app.useGlobalFilters(new ErrorFilter(log));
  await options.configure?.(app);
  return app;
}

function corsOf(allowedOrigins: readonly string[]) {
  return {
    origin: allowedOrigins.includes('*') ? '*' : [...allowedOrigins],
    exposedHeaders: ['x-request-id', 'retry-after'],
    maxAge: 600,
  };
}
