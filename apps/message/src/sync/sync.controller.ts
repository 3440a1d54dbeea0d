import { Controller, HttpCode, Post, UseGuards, UseInterceptors } from '@nestjs/common';
import { type SyncRequest, syncRequestSchema, type SyncResponse } from '@parley/contracts';
import { CurrentUser, type VerifiedToken, ZodBody } from '@parley/service';
import { AccountGuard } from '../accounts/account-guard.js';
import { DatabaseErrors } from '../rest/database-errors.js';
import { SyncReader } from './sync-reader.js';

@UseGuards(AccountGuard)
@UseInterceptors(DatabaseErrors)
@Controller('v1/sync')
export class SyncController {
  constructor(private readonly reader: SyncReader) {}

  @Post()
  @HttpCode(200)
  sync(
    @CurrentUser() { userId }: VerifiedToken,
    @ZodBody(syncRequestSchema) { cursors }: SyncRequest,
  ): Promise<SyncResponse> {
    return this.reader.read(userId, cursors);
  }
}
