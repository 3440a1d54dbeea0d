import { Controller, Delete, Get, Patch, Post, Put, UseGuards, UseInterceptors } from '@nestjs/common';
import {
  type ConversationPath,
  conversationPathSchema,
  type HistoryQuery,
  historyQuerySchema,
  type Message,
  type MessageChanged,
  type MessagePatch,
  messagePatchSchema,
  type MessagePath,
  messagePathSchema,
  type MessagePost,
  messagePostSchema,
  type MessageSent,
  type Page,
  type ReactionPath,
  reactionPathSchema,
  Refusal,
} from '@parley/contracts';
import { CurrentUser, type VerifiedToken, ZodBody, ZodParams, ZodQuery } from '@parley/service';
import { AccountGuard } from '../accounts/account-guard.js';
import { DeviceRateGuard } from '../accounts/device-rate-guard.js';
import { MessageReader } from '../history/message-reader.js';
import { CommandId, Commands } from './commands.js';
import { DatabaseErrors } from './database-errors.js';

@UseGuards(DeviceRateGuard, AccountGuard)
@UseInterceptors(DatabaseErrors)
@Controller('v1/conversations/:id/messages')
export class MessagesController {
  constructor(
    private readonly commands: Commands,
    private readonly messages: MessageReader,
  ) {}

  @Get()
  page(
    @CurrentUser() { userId }: VerifiedToken,
    @ZodParams(conversationPathSchema) { id }: ConversationPath,
    @ZodQuery(historyQuerySchema) query: HistoryQuery,
  ): Promise<Page<Message>> {
    return this.messages.page(userId, id, query);
  }

  /** The message's own id makes a repetition the same message, as over the socket. */
  @Post()
  send(
    @CurrentUser() { userId }: VerifiedToken,
    @ZodParams(conversationPathSchema) { id: conversationId }: ConversationPath,
    @ZodBody(messagePostSchema) { conversationId: named = conversationId, id, ...body }: MessagePost,
  ): Promise<MessageSent> {
    if (named !== conversationId) {
      throw new Refusal('INVALID', 'conversationId: must be the one in the path, or be left out');
    }
    return this.commands.carryOut('message.send', { conversationId, userId, commandId: id, body });
  }

  @Patch(':messageId')
  edit(
    @CurrentUser() { userId }: VerifiedToken,
    @ZodParams(messagePathSchema) { id: conversationId, messageId }: MessagePath,
    @ZodBody(messagePatchSchema) { text }: MessagePatch,
    @CommandId() commandId: string,
  ): Promise<MessageChanged> {
    const body = { id: messageId, text };
    return this.commands.carryOut('message.edit', { conversationId, userId, commandId, body });
  }

  @Delete(':messageId')
  delete(
    @CurrentUser() { userId }: VerifiedToken,
    @ZodParams(messagePathSchema) { id: conversationId, messageId }: MessagePath,
    @CommandId() commandId: string,
  ): Promise<MessageChanged> {
    const body = { id: messageId };
    return this.commands.carryOut('message.delete', { conversationId, userId, commandId, body });
  }

  @Put(':messageId/reactions/:emoji')
  react(
    @CurrentUser() { userId }: VerifiedToken,
    @ZodParams(reactionPathSchema) path: ReactionPath,
    @CommandId() commandId: string,
  ): Promise<MessageChanged> {
    return this.setReaction(userId, path, commandId, true);
  }

  @Delete(':messageId/reactions/:emoji')
  takeBack(
    @CurrentUser() { userId }: VerifiedToken,
    @ZodParams(reactionPathSchema) path: ReactionPath,
    @CommandId() commandId: string,
  ): Promise<MessageChanged> {
    return this.setReaction(userId, path, commandId, false);
  }

  private setReaction(
    userId: string,
    { id: conversationId, messageId, emoji }: ReactionPath,
    commandId: string,
    on: boolean,
  ): Promise<MessageChanged> {
    const body = { id: messageId, emoji, on };
    return this.commands.carryOut('reaction.set', { conversationId, userId, commandId, body });
  }
}
