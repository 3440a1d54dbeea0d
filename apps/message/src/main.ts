import { Module } from '@nestjs/common';
import { createKafkaBus } from '@parley/event-bus';
import { createLog, EventBusModule, runMain, runService, TokensModule } from '@parley/service';
import { MessageModule } from './app.module.js';
import { readSettings } from './config.js';

@Module({})
class MessageService {}

await runMain(async () => {
  const settings = readSettings();
  const { slot, kafka, issuers } = settings;
  const log = createLog(slot, settings.logLevel);
  const bus = createKafkaBus({
    ...kafka,
    clientId: slot,
    log: (level, message, details = {}) => log[level](details, message),
  });
  const imports = [
    EventBusModule.register(bus),
    TokensModule.register(issuers),
    MessageModule.register(settings),
  ];
  await runService({ name: slot, config: settings, log, module: { module: MessageService, imports } });
});
