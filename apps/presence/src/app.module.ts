import { type DynamicModule, Module } from '@nestjs/common';
import { timing } from '@parley/contracts';
import { LogReader, Publisher, TopicAdmin } from '@parley/event-bus';
import { Membership } from '@parley/membership';
import { DeviceRevocations, Log, Registry } from '@parley/service';
import { InstanceLog, SessionDirectory } from '@parley/sessions';
import { Pool } from 'pg';
import { PresenceConfig } from './config.js';
import { DatabaseModule } from './database.module.js';
import { Deciding } from './deciding/deciding.js';
import { PresenceMetrics } from './metrics.js';
import { PresenceLife } from './presence-life.js';
import { AccountConsumer } from './privacy/account-consumer.js';
import { MembershipLife } from './privacy/membership-life.js';
import { PrivacyStore } from './privacy/privacy-store.js';
import { ProjectionLag } from './privacy/projection-lag.js';
import { VisiblePeople } from './privacy/visible-people.js';
import { Grants } from './rest/grants.js';
import { LoggedInDevices } from './rest/logged-in-devices.js';
import { PresenceController } from './rest/presence.controller.js';
import { StatusStore } from './statuses/status-store.js';

const sessions = [
  {
    provide: InstanceLog,
    inject: [LogReader, TopicAdmin, Log],
    useFactory: (reader: LogReader, topics: TopicAdmin, log: Log) => new InstanceLog({ reader, topics }, log),
  },
  {
    provide: SessionDirectory,
    inject: [LogReader, TopicAdmin, InstanceLog, Log, PresenceConfig],
    useFactory: (
      reader: LogReader,
      topics: TopicAdmin,
      instances: InstanceLog,
      log: Log,
      // Those who come and go are decided about as often.
      { lingerMs }: PresenceConfig,
    ) => new SessionDirectory({ reader, topics }, instances, log, { gatherMs: lingerMs }),
  },
];

const deciding = [
  StatusStore,
  {
    provide: PresenceMetrics,
    inject: [Registry],
    useFactory: (registry: Registry) => new PresenceMetrics(registry),
  },
  {
    provide: Deciding,
    inject: [PresenceConfig, SessionDirectory, StatusStore, Publisher, TopicAdmin, Log, PresenceMetrics],
    useFactory: (
      { lingerMs }: PresenceConfig,
      directory: SessionDirectory,
      store: StatusStore,
      publisher: Publisher,
      topics: TopicAdmin,
      log: Log,
      metrics: PresenceMetrics,
    ) => new Deciding({ directory, store, publisher, topics, log, metrics, lingerMs }),
  },
];

const privacy = [
  PrivacyStore,
  AccountConsumer,
  {
    provide: Membership,
    inject: [Pool],
    useFactory: (pool: Pool) => new Membership(pool, 'presence'),
  },
  MembershipLife,
  ProjectionLag,
  VisiblePeople,
];

const rest = [
  Grants,
  LoggedInDevices,
  {
    provide: DeviceRevocations,
    inject: [LogReader, TopicAdmin, Log],
    useFactory: (reader: LogReader, topics: TopicAdmin, log: Log) =>
      new DeviceRevocations({ reader, topics, log }, timing.accessTokenLifeMs),
  },
];

/** Who is online, since when, and who may know. */
@Module({})
export class PresenceModule {
  /** Needs the process's `EventBusModule`, `TokensModule` and what every service has (log, metrics, health). */
  static register(config: PresenceConfig): DynamicModule {
    return {
      module: PresenceModule,
      imports: [DatabaseModule.register(config)],
      controllers: [PresenceController],
      providers: [
        { provide: PresenceConfig, useValue: config },
        ...sessions,
        ...deciding,
        ...privacy,
        ...rest,
        PresenceLife,
      ],
    };
  }
}
