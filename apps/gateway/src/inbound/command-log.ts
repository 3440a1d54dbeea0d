import { Injectable } from '@nestjs/common';
import { OrderedPublisher, Publisher } from '@parley/event-bus';
import { GatewayConfig } from '../config.js';
import { GatewayMetrics } from '../metrics.js';

/** The way of commands into the log; a lane is a socket. */
@Injectable()
export class CommandLog extends OrderedPublisher {
  constructor(publisher: Publisher, { spacingMs }: GatewayConfig, metrics: GatewayMetrics) {
    super(publisher, { spacingMs, onPublished: (milliseconds) => metrics.produced(milliseconds) });
  }
}
