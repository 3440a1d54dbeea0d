import { Module } from '@nestjs/common';
import { ConversationReader } from '../history/conversation-reader.js';
import { MemberReader } from '../history/member-reader.js';
import { MessageReader } from '../history/message-reader.js';
import { CommandsModule } from '../inbound/commands.module.js';
import { OverviewReader } from '../sync/overview-reader.js';
import { SyncController } from '../sync/sync.controller.js';
import { SyncReader } from '../sync/sync-reader.js';
import { SyncTurns } from '../sync/sync-turns.js';
import { UsersModule } from '../users/users.module.js';
import { BlocksController } from './blocks.controller.js';
import { Commands } from './commands.js';
import { ConversationsController } from './conversations.controller.js';
import { MembersController } from './members.controller.js';
import { MessagesController } from './messages.controller.js';

/** Conversations over REST: reads are SQL, writes are commands like those of sockets. */
@Module({
  imports: [CommandsModule, UsersModule],
  controllers: [
    BlocksController,
    ConversationsController,
    MembersController,
    MessagesController,
    SyncController,
  ],
  providers: [
    Commands,
    ConversationReader,
    MemberReader,
    MessageReader,
    OverviewReader,
    SyncReader,
    SyncTurns,
  ],
})
export class RestModule {}
