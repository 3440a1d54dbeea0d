import { Controller, Get, NotFoundException, Req, Res } from '@nestjs/common';
import { Registry } from 'prom-client';
import { Public } from '../rest/auth-guard.js';
import type { ServiceRequest, ServiceResponse } from '../rest/http-exchange.js';

const loopback = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

/** Serves the metrics on the service's own port, where it has no other, to callers on the same machine only. */
@Public()
@Controller('metrics')
export class MetricsController {
  constructor(private readonly registry: Registry) {}

  @Get()
  async read(@Req() request: ServiceRequest, @Res() response: ServiceResponse): Promise<void> {
    // A proxy on this machine is on loopback too; the header tells that it asks for somebody else.
    const forwarded = request.headers['x-forwarded-for'] !== undefined;
    if (forwarded || !loopback.has(request.socket.remoteAddress ?? '')) throw new NotFoundException();
    const text = await this.registry.metrics();
    response.setHeader('content-type', this.registry.contentType);
    response.end(text);
  }
}
