import { createKafkaBus } from '@parley/event-bus';
import { createLog, EventBusModule, runMain, runService, TokensModule } from '@parley/service';
import { GatewayModule } from './app.module.js';
import { readSettings } from './config.js';
import { useSockets } from './sessions/socket-server.js';

class GatewayProcess {}

await runMain(async () => {
  const settings = readSettings();
  const log = createLog(settings.slot, settings.logLevel);
  const bus = createKafkaBus({
    ...settings.kafka,
    clientId: settings.slot,
    log: (level, message, details = {}) => log[level](details, message),
  });
  await runService({
    name: settings.slot,
    config: settings,
    log,
    module: {
      module: GatewayProcess,
      imports: [
        EventBusModule.register(bus),
        TokensModule.register(settings.issuers),
        GatewayModule.register(settings),
      ],
    },
    configure: useSockets,
  });
});
