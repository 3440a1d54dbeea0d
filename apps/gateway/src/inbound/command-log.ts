import { Injectable } from '@nestjs/common';
import { OrderedPublisher, Publisher } from '@parley/event-bus';
import { GatewayMetrics } from '../metrics.js';

/** The way of commands into the log; a lane is a socket. */
@Injectable()
export class CommandLog extends OrderedPublisher {
  constructor(publisher: Publisher, metrics: GatewayMetrics) {
    super(publisher, { onPublished: (milliseconds) => metrics.produced(milliseconds) });
  }
}
