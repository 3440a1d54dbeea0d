import { Controller, Get, Put, UseGuards, UseInterceptors } from '@nestjs/common';
import {
  type ConversationPath,
  conversationPathSchema,
  type Page,
  type PageQuery,
  pageQuerySchema,
  type Reader,
  readersPathSchema,
  type ReadersPath,
  type Receipt,
  type ReceiptPut,
  receiptPutSchema,
} from '@parley/contracts';
import { CurrentUser, type VerifiedToken, ZodBody, ZodParams, ZodQuery } from '@parley/service';
import { AccountGuard } from '../accounts/account-guard.js';
import { DeviceRateGuard } from '../accounts/device-rate-guard.js';
import { DatabaseErrors } from '../rest/database-errors.js';
import { OwnReceipts } from './own-receipts.js';
import { ReceiptReader } from './receipt-reader.js';

@UseGuards(DeviceRateGuard, AccountGuard)
@UseInterceptors(DatabaseErrors)
@Controller('v1/conversations/:id')
export class ReceiptsController {
  constructor(
    private readonly own: OwnReceipts,
    private readonly receipts: ReceiptReader,
  ) {}

  /** Answers the marks as they stand then; lower ones than before change nothing. */
  @Put('receipt')
  advance(
    @CurrentUser() caller: VerifiedToken,
    @ZodParams(conversationPathSchema) { id }: ConversationPath,
    @ZodBody(receiptPutSchema) wish: ReceiptPut,
  ): Promise<Receipt> {
    return this.own.advance(caller, id, wish);
  }

  @Get('receipts')
  list(
    @CurrentUser() { userId }: VerifiedToken,
    @ZodParams(conversationPathSchema) { id }: ConversationPath,
    @ZodQuery(pageQuerySchema) query: PageQuery,
  ): Promise<Page<Receipt>> {
    return this.receipts.list(userId, id, query);
  }

  @Get('messages/:seq/readers')
  readers(
    @CurrentUser() { userId }: VerifiedToken,
    @ZodParams(readersPathSchema) { id, seq }: ReadersPath,
    @ZodQuery(pageQuerySchema) query: PageQuery,
  ): Promise<Page<Reader>> {
    return this.receipts.readers(userId, id, seq, query);
  }
}
