import { type DynamicModule, Module } from '@nestjs/common';
import { LogReader, Publisher, TopicAdmin } from '@parley/event-bus';
import { DeviceRates, DeviceRevocations, Log } from '@parley/service';
import { PendingRequests, ProcessLife, SessionAnnouncer } from '@parley/sessions';
import { GatewayConfig } from './config.js';
import { GatewayStart } from './gateway-start.js';
import { CommandAnswers } from './inbound/command-answers.js';
import { CommandChecks } from './inbound/command-checks.js';
import { CommandDispatcher } from './inbound/command-dispatcher.js';
import { CommandForwarder } from './inbound/command-forwarder.js';
import { CommandLog } from './inbound/command-log.js';
import { messageDelete } from './inbound/message-delete.js';
import { messageEdit } from './inbound/message-edit.js';
import { messageSend } from './inbound/message-send.js';
import { presenceReport } from './inbound/presence-report.js';
import { presenceUnwatch } from './inbound/presence-unwatch.js';
import { presenceWatch } from './inbound/presence-watch.js';
import { reactionSet } from './inbound/reaction-set.js';
import { receiptAdvance } from './inbound/receipt-advance.js';
import { sessionRenew } from './inbound/session-renew.js';
import { SignalLog } from './inbound/signal-log.js';
import { typingSet } from './inbound/typing-set.js';
import { GatewayLimits } from './limits.js';
import { GatewayMetrics } from './metrics.js';
import { InboxHandlers } from './outbound/inbox-handlers.js';
import { SocketFanOut } from './outbound/socket-fan-out.js';
import { SocketWriter } from './outbound/socket-writer.js';
import { HiddenPeople } from './presence/hidden-people.js';
import { PresenceChanges } from './presence/presence-changes.js';
import { PresenceGrants } from './presence/presence-grants.js';
import { Watches } from './presence/watches.js';
import { Watching } from './presence/watching.js';
import { Admission } from './sessions/admission.js';
import { Drain } from './sessions/drain.js';
import { Handshake } from './sessions/handshake.js';
import { SessionIds } from './sessions/session-ids.js';
import { SessionLifecycle } from './sessions/session-lifecycle.js';
import { SessionTable } from './sessions/session-table.js';
import { SessionWatch } from './sessions/session-watch.js';
import { SocketGateway } from './sessions/socket-gateway.js';
import { StateReports } from './sessions/state-reports.js';
import { TokenChecks } from './sessions/token-checks.js';

const sessions = [
  SocketGateway,
  Handshake,
  TokenChecks,
  Admission,
  SessionTable,
  SessionIds,
  SessionLifecycle,
  SessionWatch,
  StateReports,
  Drain,
];
const inbound = [CommandAnswers, CommandChecks, CommandForwarder, CommandLog, SignalLog];
const presence = [HiddenPeople, PresenceChanges, PresenceGrants, Watches, Watching];
const outbound = [InboxHandlers, SocketFanOut, SocketWriter];

/** One handler for each command that a client may send. */
const commandDispatcher = {
  provide: CommandDispatcher,
  inject: [CommandChecks, CommandForwarder, CommandAnswers, TokenChecks, SignalLog, Watching, StateReports],
  useFactory: (
    checks: CommandChecks,
    forwarder: CommandForwarder,
    answers: CommandAnswers,
    tokens: TokenChecks,
    signals: SignalLog,
    watching: Watching,
    reports: StateReports,
  ) =>
    new CommandDispatcher(
      {
        'message.send': messageSend,
        'message.edit': messageEdit,
        'message.delete': messageDelete,
        'reaction.set': reactionSet,
        'receipt.advance': receiptAdvance(signals),
        'typing.set': typingSet(signals),
        'presence.watch': presenceWatch(watching),
        'presence.unwatch': presenceUnwatch(watching),
        'presence.report': presenceReport(reports),
        'session.renew': sessionRenew(tokens),
      },
      checks,
      forwarder,
      answers,
    ),
};

/** The mailman: it knows who is connected, neither who is a member of what nor what is in the envelope. */
@Module({})
export class GatewayModule {
  /** Needs the process's `EventBusModule`, `TokensModule` and what every service has (log, metrics, health). */
  static register(config: GatewayConfig): DynamicModule {
    return {
      module: GatewayModule,
      providers: [
        { provide: GatewayConfig, useValue: config },
        { provide: GatewayLimits, useValue: config.limits },
        GatewayMetrics,
        GatewayStart,
        ...sessions,
        ...inbound,
        ...outbound,
        ...presence,
        { provide: PendingRequests, useFactory: () => new PendingRequests() },
        { provide: DeviceRates, useFactory: () => new DeviceRates(config.limits) },
        {
          provide: SessionAnnouncer,
          inject: [Publisher, Log],
          useFactory: (publisher: Publisher, log: Log) => new SessionAnnouncer(publisher, log),
        },
        {
          provide: DeviceRevocations,
          inject: [LogReader, TopicAdmin, Log],
          useFactory: (reader: LogReader, topics: TopicAdmin, log: Log) =>
            new DeviceRevocations({ reader, topics, log }, config.longestTokenLifeMs),
        },
        {
          provide: ProcessLife,
          inject: [Publisher, LogReader, TopicAdmin, InboxHandlers, Log],
          useFactory: (
            publisher: Publisher,
            reader: LogReader,
            topics: TopicAdmin,
            handlers: InboxHandlers,
            log: Log,
          ) =>
            new ProcessLife(
              { slot: config.slot, service: 'gateway' },
              { publisher, reader, topics },
              handlers,
              log,
            ),
        },
        commandDispatcher,
      ],
      exports: [GatewayConfig],
    };
  }
}
