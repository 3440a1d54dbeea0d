import { Module } from '@nestjs/common';
import { BlockReader } from './block-reader.js';
import { UsersController } from './users.controller.js';
import { Users } from './users.js';

@Module({ controllers: [UsersController], providers: [Users, BlockReader], exports: [Users, BlockReader] })
export class UsersModule {}
