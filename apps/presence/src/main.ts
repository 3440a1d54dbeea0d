import { Module } from '@nestjs/common';
import { createKafkaBus } from '@parley/event-bus';
import { createLog, EventBusModule, runMain, runService, TokensModule } from '@parley/service';
import { PresenceModule } from './app.module.js';
import { readSettings } from './config.js';

@Module({})
class PresenceService {}

await runMain(async () => {
  const settings = readSettings();
  const { name, kafka, issuers } = settings;
  const log = createLog(name, settings.logLevel);
  const bus = createKafkaBus({
    ...kafka,
    clientId: name,
    log: (level, message, details = {}) => log[level](details, message),
  });
  const imports = [
    EventBusModule.register(bus),
    TokensModule.register(issuers),
    PresenceModule.register(settings),
  ];
  await runService({ name, config: settings, log, module: { module: PresenceService, imports } });
});
