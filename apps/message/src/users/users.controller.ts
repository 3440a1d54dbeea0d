import { Controller, Get, Patch, UseGuards, UseInterceptors } from '@nestjs/common';
import {
  type Page,
  type Profile,
  type User,
  type UserPath,
  userPathSchema,
  type UserSearch,
  userSearchSchema,
  type UserUpdate,
  userUpdateSchema,
} from '@parley/contracts';
import { CurrentUser, type VerifiedToken, ZodBody, ZodParams, ZodQuery } from '@parley/service';
import { AccountGuard } from '../accounts/account-guard.js';
import { DeviceRateGuard } from '../accounts/device-rate-guard.js';
import { DatabaseErrors } from '../rest/database-errors.js';
import { Users } from './users.js';

@UseGuards(DeviceRateGuard, AccountGuard)
@UseInterceptors(DatabaseErrors)
@Controller('v1/users')
export class UsersController {
  constructor(private readonly users: Users) {}

  @Get('me')
  me(@CurrentUser() caller: VerifiedToken): Promise<Profile> {
    return this.users.profile(caller.userId);
  }

  @Patch('me')
  update(
    @CurrentUser() caller: VerifiedToken,
    @ZodBody(userUpdateSchema) body: UserUpdate,
  ): Promise<Profile> {
    return this.users.update(caller.userId, body);
  }

  @Get()
  search(@ZodQuery(userSearchSchema) query: UserSearch): Promise<Page<User>> {
    return this.users.search(query);
  }

  @Get(':id')
  get(@ZodParams(userPathSchema) { id }: UserPath): Promise<User> {
    return this.users.get(id);
  }
}
