import { Controller, Header, HttpCode, Ip, Post } from '@nestjs/common';
import {
  type Credentials,
  type Login,
  loginSchema,
  type Refresh,
  refreshSchema,
  type Register,
  registerSchema,
} from '@parley/contracts';
import { Public, ZodBody } from '@parley/service';
import { Accounts } from './accounts.js';
import { Devices } from './devices.js';

@Public()
@Controller('v1/auth')
export class AuthController {
  constructor(
    private readonly accounts: Accounts,
    private readonly devices: Devices,
  ) {}

  @Post('register')
  @Header('cache-control', 'no-store')
  register(@ZodBody(registerSchema) body: Register): Promise<Credentials> {
    return this.accounts.register(body);
  }

  @Post('login')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  login(@ZodBody(loginSchema) body: Login, @Ip() address: string): Promise<Credentials> {
    return this.accounts.login(body, address);
  }

  @Post('refresh')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  refresh(@ZodBody(refreshSchema) body: Refresh): Promise<Credentials> {
    return this.devices.refresh(body.refreshToken);
  }

  @Post('logout')
  @HttpCode(204)
  logout(@ZodBody(refreshSchema) body: Refresh): Promise<void> {
    return this.devices.logout(body.refreshToken);
  }
}
