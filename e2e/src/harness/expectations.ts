import { until } from './conditions.js';
import { type LoggedDevice } from './logged-device.js';

/** The texts that a device holds of a conversation, in its order; a tombstone is empty. */
export const textsOf = ({ client }: LoggedDevice, conversationId: string): string[] => {
  const messages = client.conversationState(conversationId)?.messages ?? new Map<number, { text: string }>();
  return [...messages].sort(([left], [right]) => left - right).map(([, { text }]) => text);
};

/** Waits until the device holds just these texts, in this order. */
export const untilHolds = async (
  device: LoggedDevice,
  conversationId: string,
  texts: readonly string[],
  withinMs = 10_000,
): Promise<void> => {
  const same = () => {
    const held = textsOf(device, conversationId);
    return held.length === texts.length && held.every((text, index) => text === texts[index]);
  };
  await until(`${device.client.deviceId} holds ${texts.length} texts`, same, withinMs);
};
