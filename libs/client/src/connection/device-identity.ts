import { mintId } from '../ids.js';
import { type Store } from '../stores/store.js';
import { claimsOf } from './token-life.js';

const KEY = 'device';
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Which device this is: as its token says, else as the store remembers from the first time on. */
export const deviceIdOf = async (token: string, store: Store): Promise<string> => {
  const { deviceId } = claimsOf(token);
  if (typeof deviceId === 'string' && uuid.test(deviceId)) return deviceId;
  const kept = await store.get(KEY);
  if (typeof kept === 'string') return kept;
  const minted = mintId();
  await store.put(KEY, minted);
  return minted;
};
