import { Controller, Delete, Get, Patch, Post, UseGuards, UseInterceptors } from '@nestjs/common';
import {
  type ChangedMembers,
  type ConversationPath,
  conversationPathSchema,
  type Member,
  type MemberAdd,
  memberAddSchema,
  type MemberPath,
  memberPathSchema,
  type MemberUpdate,
  memberUpdateSchema,
  type Page,
  type PageQuery,
  pageQuerySchema,
} from '@parley/contracts';
import { CurrentUser, type VerifiedToken, ZodBody, ZodParams, ZodQuery } from '@parley/service';
import { AccountGuard } from '../accounts/account-guard.js';
import { DeviceRateGuard } from '../accounts/device-rate-guard.js';
import { MemberReader } from '../history/member-reader.js';
import { Users } from '../users/users.js';
import { CommandId, Commands } from './commands.js';
import { DatabaseErrors } from './database-errors.js';

@UseGuards(DeviceRateGuard, AccountGuard)
@UseInterceptors(DatabaseErrors)
@Controller('v1/conversations/:id/members')
export class MembersController {
  constructor(
    private readonly commands: Commands,
    private readonly members: MemberReader,
    private readonly users: Users,
  ) {}

  @Get()
  list(
    @CurrentUser() { userId }: VerifiedToken,
    @ZodParams(conversationPathSchema) { id }: ConversationPath,
    @ZodQuery(pageQuerySchema) query: PageQuery,
  ): Promise<Page<Member>> {
    return this.members.list(userId, id, query);
  }

  /** Answers those who joined by it. */
  @Post()
  async add(
    @CurrentUser() { userId }: VerifiedToken,
    @ZodParams(conversationPathSchema) { id }: ConversationPath,
    @ZodBody(memberAddSchema) { userIds }: MemberAdd,
    @CommandId() commandId: string,
  ): Promise<ChangedMembers> {
    await this.users.requireAll(userIds);
    const body = { userIds };
    return this.commands.carryOut('member.add', { conversationId: id, userId, commandId, body });
  }

  @Patch(':userId')
  update(
    @CurrentUser() caller: VerifiedToken,
    @ZodParams(memberPathSchema) { id, userId }: MemberPath,
    @ZodBody(memberUpdateSchema) { role }: MemberUpdate,
    @CommandId() commandId: string,
  ): Promise<ChangedMembers> {
    return this.commands.carryOut('member.update', {
      conversationId: id,
      userId: caller.userId,
      commandId,
      body: { userId, role },
    });
  }

  /** Of oneself: leaving. Answers who left, and whoever became owner by it. */
  @Delete(':userId')
  remove(
    @CurrentUser() caller: VerifiedToken,
    @ZodParams(memberPathSchema) { id, userId }: MemberPath,
    @CommandId() commandId: string,
  ): Promise<ChangedMembers> {
    return this.commands.carryOut('member.remove', {
      conversationId: id,
      userId: caller.userId,
      commandId,
      body: { userId },
    });
  }
}
