import { Controller, Get, HttpCode, Post, UseGuards, UseInterceptors } from '@nestjs/common';
import {
  type SyncOverview,
  type SyncQuery,
  syncQuerySchema,
  type SyncRequest,
  syncRequestSchema,
  type SyncResponse,
} from '@parley/contracts';
import { CurrentUser, type VerifiedToken, ZodBody, ZodQuery } from '@parley/service';
import { AccountGuard } from '../accounts/account-guard.js';
import { DeviceRateGuard } from '../accounts/device-rate-guard.js';
import { DatabaseErrors } from '../rest/database-errors.js';
import { OverviewReader } from './overview-reader.js';
import { SyncReader } from './sync-reader.js';
import { SyncTurns } from './sync-turns.js';

@UseGuards(DeviceRateGuard, AccountGuard)
@UseInterceptors(DatabaseErrors)
@Controller('v1/sync')
export class SyncController {
  constructor(
    private readonly overview: OverviewReader,
    private readonly reader: SyncReader,
    private readonly turns: SyncTurns,
  ) {}

  @Get()
  whatMoved(
    @CurrentUser() { userId }: VerifiedToken,
    @ZodQuery(syncQuerySchema) { since }: SyncQuery,
  ): Promise<SyncOverview> {
    return this.turns.take(() => this.overview.read(userId, since));
  }

  @Post()
  @HttpCode(200)
  sync(
    @CurrentUser() { userId }: VerifiedToken,
    @ZodBody(syncRequestSchema) { cursors }: SyncRequest,
  ): Promise<SyncResponse> {
    return this.turns.take(() => this.reader.read(userId, cursors));
  }
}
