import { type LimitName, limits } from '@parley/contracts';

/** The limits that a gateway applies; each stands in the limits table with its unit and reason. */
export const gatewayLimitNames = [
  'textLength',
  'frameBytes',
  'commandsPerSecond',
  'commandBurst',
  'inFlightPerSocket',
  'socketsPerUser',
  'waitingBytesPerSocket',
  'commandsQueued',
] as const satisfies readonly LimitName[];

export type GatewayLimitName = (typeof gatewayLimitNames)[number];

/** The limits in force: the table's defaults, or what the configuration sets, never above the table's maximum. */
export abstract class GatewayLimits implements Readonly<Record<GatewayLimitName, number>> {
  abstract readonly textLength: number;
  abstract readonly frameBytes: number;
  abstract readonly commandsPerSecond: number;
  abstract readonly commandBurst: number;
  abstract readonly inFlightPerSocket: number;
  abstract readonly socketsPerUser: number;
  abstract readonly waitingBytesPerSocket: number;
  abstract readonly commandsQueued: number;
}

/** @throws RangeError when one is above its maximum */
export function gatewayLimits(changed: Partial<Record<GatewayLimitName, number>> = {}): GatewayLimits {
  const entries = gatewayLimitNames.map((name) => {
    const value = changed[name] ?? limits[name].default;
    if (value > limits[name].max) throw new RangeError(`${name} is at most ${limits[name].max}`);
    return [name, value];
  });
  return Object.fromEntries(entries) as GatewayLimits;
}
