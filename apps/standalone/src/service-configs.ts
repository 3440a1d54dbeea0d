import { timing } from '@parley/contracts';
import { type GatewayConfig, gatewayLimits } from '@parley/gateway';
import {
  type AccountSettings,
  defaultCachedMembers,
  defaultCommandRate,
  type MessageConfig,
} from '@parley/message';
import { defaultLingerMs, type PresenceConfig } from '@parley/presence';
import { type KeySet, type PrivateKey } from '@parley/service';
import { type StandaloneSettings } from './config.js';

/** Two slots in one process: neither can be taken by another one. */
const onSuperseded = (): void => {
  throw new Error('another process lives in a slot of this one');
};

export function messageConfig(databaseUrl: string, accounts: AccountSettings): MessageConfig {
  return {
    slot: 'message-0',
    databaseUrl,
    databaseConnections: 12,
    accounts,
    commandRate: defaultCommandRate,
    // The bus is memory: a publish costs next to nothing.
    spacingMs: 0,
    cachedMembers: defaultCachedMembers,
    onSuperseded,
  };
}

export function presenceConfig(databaseUrl: string, privateKey: PrivateKey): PresenceConfig {
  return {
    name: 'presence-0',
    databaseUrl,
    databaseConnections: 4,
    privateKey,
    lingerMs: defaultLingerMs,
  };
}

export function gatewayConfig({ allowedOrigins }: StandaloneSettings, presenceKeys: KeySet): GatewayConfig {
  return {
    slot: 'gateway-0',
    allowedOrigins,
    spacingMs: 0,
    // There is no other process to go to.
    drainMs: 0,
    longestTokenLifeMs: 24 * 3600 * 1000,
    logAwayMs: timing.drainAfterKafkaAwayMs,
    limits: gatewayLimits({}),
    presenceKeys,
    onSuperseded,
  };
}
