import { Controller, Get, HttpCode, Res, ServiceUnavailableException } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService } from '@nestjs/terminus';
import { Public } from '../rest/auth-guard.js';
import type { ServiceResponse } from '../rest/http-exchange.js';
import { Readiness } from './readiness.js';

/** A check that takes longer than this has failed. */
const checkTimeoutMs = 2_000;

@Public()
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly readiness: Readiness,
  ) {}

  /** The process runs its event loop. Nothing it depends on is asked: a restart would not bring that back. */
  @Get('live')
  @HttpCode(200)
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  async ready(@Res({ passthrough: true }) response: ServiceResponse): Promise<unknown> {
    if (this.readiness.isClosing) {
      response.statusCode = 503;
      return { status: 'shutting_down' };
    }
    try {
      return await this.health.check(
        [...this.readiness.list()].map(([name, check]) => async () => {
          const attempt = this.indicators.check(name).attempt(async () => {
            await check();
          });
          return attempt.withTimeout(checkTimeoutMs);
        }),
      );
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      response.statusCode = 503;
      return error.getResponse();
    }
  }
}
