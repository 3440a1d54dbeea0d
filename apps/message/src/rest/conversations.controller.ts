import { Controller, Get, Patch, Post, UseGuards, UseInterceptors } from '@nestjs/common';
import {
  type Conversation,
  type ConversationCreate,
  conversationCreateSchema,
  type ConversationPath,
  conversationPathSchema,
  type ConversationUpdate,
  conversationUpdateSchema,
  type ListedConversation,
  type Page,
  type PageQuery,
  pageQuerySchema,
} from '@parley/contracts';
import { CurrentUser, type VerifiedToken, ZodBody, ZodParams, ZodQuery } from '@parley/service';
import { AccountGuard } from '../accounts/account-guard.js';
import { DeviceRateGuard } from '../accounts/device-rate-guard.js';
import { directConversationId } from '../conversations/direct-conversation-id.js';
import { ConversationReader } from '../history/conversation-reader.js';
import { Users } from '../users/users.js';
import { CommandId, Commands } from './commands.js';
import { DatabaseErrors } from './database-errors.js';

@UseGuards(DeviceRateGuard, AccountGuard)
@UseInterceptors(DatabaseErrors)
@Controller('v1/conversations')
export class ConversationsController {
  constructor(
    private readonly commands: Commands,
    private readonly conversations: ConversationReader,
    private readonly users: Users,
  ) {}

  @Post()
  async create(
    @CurrentUser() { userId }: VerifiedToken,
    @ZodBody(conversationCreateSchema) wish: ConversationCreate,
    @CommandId() commandId: string,
  ): Promise<Conversation> {
    const members = wish.kind === 'direct' ? [wish.userId] : wish.memberIds;
    // Users are never deleted: who exists now exists when the command is carried out.
    await this.users.requireAll([userId, ...members]);
    const isDirect = wish.kind === 'direct';
    const { conversation } = await this.commands.carryOut('conversation.create', {
      conversationId: isDirect ? directConversationId(userId, wish.userId) : wish.id,
      userId,
      commandId,
      body: {
        kind: wish.kind,
        name: isDirect ? null : wish.name,
        memberIds: members,
        historyForNewMembers: isDirect ? 'all' : wish.historyForNewMembers,
      },
    });
    return conversation;
  }

  @Get()
  list(
    @CurrentUser() { userId }: VerifiedToken,
    @ZodQuery(pageQuerySchema) query: PageQuery,
  ): Promise<Page<ListedConversation>> {
    return this.conversations.list(userId, query);
  }

  @Get(':id')
  get(
    @CurrentUser() { userId }: VerifiedToken,
    @ZodParams(conversationPathSchema) { id }: ConversationPath,
  ): Promise<ListedConversation> {
    return this.conversations.get(userId, id);
  }

  @Patch(':id')
  async update(
    @CurrentUser() { userId }: VerifiedToken,
    @ZodParams(conversationPathSchema) { id }: ConversationPath,
    @ZodBody(conversationUpdateSchema) { name, historyForNewMembers }: ConversationUpdate,
    @CommandId() commandId: string,
  ): Promise<Conversation> {
    const { conversation } = await this.commands.carryOut('conversation.update', {
      conversationId: id,
      userId,
      commandId,
      body: {
        ...(name === undefined ? {} : { name }),
        ...(historyForNewMembers === undefined ? {} : { historyForNewMembers }),
      },
    });
    return conversation;
  }
}
