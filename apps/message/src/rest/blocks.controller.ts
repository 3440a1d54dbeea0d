import { Controller, Delete, Get, HttpCode, Put, UseGuards, UseInterceptors } from '@nestjs/common';
import {
  type Block,
  type BlockedUserPath,
  blockedUserPathSchema,
  type Page,
  type PageQuery,
  pageQuerySchema,
} from '@parley/contracts';
import { CurrentUser, type VerifiedToken, ZodParams, ZodQuery } from '@parley/service';
import { AccountGuard } from '../accounts/account-guard.js';
import { DeviceRateGuard } from '../accounts/device-rate-guard.js';
import { AccountOutbox } from '../accounts/account-outbox.js';
import { directConversationId } from '../conversations/direct-conversation-id.js';
import { BlockReader } from '../users/block-reader.js';
import { Users } from '../users/users.js';
import { CommandId, Commands } from './commands.js';
import { DatabaseErrors } from './database-errors.js';

/** Whom one blocks for direct messages. Only oneself is told. */
@UseGuards(DeviceRateGuard, AccountGuard)
@UseInterceptors(DatabaseErrors)
@Controller('v1/users/me/blocks')
export class BlocksController {
  constructor(
    private readonly commands: Commands,
    private readonly blocks: BlockReader,
    private readonly users: Users,
    private readonly outbox: AccountOutbox,
  ) {}

  @Get()
  list(
    @CurrentUser() { userId }: VerifiedToken,
    @ZodQuery(pageQuerySchema) query: PageQuery,
  ): Promise<Page<Block>> {
    return this.blocks.list(userId, query);
  }

  @Put(':userId')
  @HttpCode(204)
  block(
    @CurrentUser() caller: VerifiedToken,
    @ZodParams(blockedUserPathSchema) { userId }: BlockedUserPath,
    @CommandId() commandId: string,
  ): Promise<void> {
    return this.change('user.block', caller.userId, userId, commandId);
  }

  @Delete(':userId')
  @HttpCode(204)
  unblock(
    @CurrentUser() caller: VerifiedToken,
    @ZodParams(blockedUserPathSchema) { userId }: BlockedUserPath,
    @CommandId() commandId: string,
  ): Promise<void> {
    return this.change('user.unblock', caller.userId, userId, commandId);
  }

  private async change(
    kind: 'user.block' | 'user.unblock',
    userId: string,
    otherUserId: string,
    commandId: string,
  ): Promise<void> {
    await this.users.requireAll([userId, otherUserId]);
    await this.commands.carryOut(kind, {
      conversationId: directConversationId(userId, otherUserId),
      userId,
      commandId,
      body: { userId: otherUserId },
    });
    // Whichever process carried it out: its fact can be published from here.
    this.outbox.told();
  }
}
