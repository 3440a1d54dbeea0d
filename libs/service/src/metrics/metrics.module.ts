import { type DynamicModule, Module } from '@nestjs/common';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { MetricsController } from './metrics.controller.js';
import { MetricsServer } from './metrics-server.js';

/** Provides the process's one `Registry`: `new Counter({…, registers: [registry]})`. */
@Module({})
export class MetricsModule {
  /** @param port without it the metrics are on the service's own port, for callers on the same machine */
  static register(port: number | undefined): DynamicModule {
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    const server = { provide: MetricsServer, useFactory: () => new MetricsServer(registry, port ?? 0) };
    return {
      module: MetricsModule,
      global: true,
      controllers: port === undefined ? [MetricsController] : [],
      providers: [{ provide: Registry, useValue: registry }, ...(port === undefined ? [] : [server])],
      exports: [Registry],
    };
  }
}
