import { mintId } from '../ids.js';
import { type Store } from '../stores/store.js';
import { type TabLocks } from '../tabs/tabs.js';
import { claimsOf } from './token-life.js';

const KEY = 'device';
/** So long another tab may take to settle which device this is, in milliseconds; it may be frozen in the middle. */
const OTHERS_MAY_TAKE_MS = 5_000;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const isId = (value: unknown): value is string => typeof value === 'string' && uuid.test(value);

/** Which device this is: as its token says, else as the store remembers from the first time on. */
export class DeviceIdentity {
  private own: Promise<string> | null = null;

  /** @param locks of the tabs that share the store, if there are any */
  constructor(
    private readonly store: Store,
    private readonly locks?: TabLocks,
  ) {}

  /** The same from one call to the next, whatever becomes of the store. */
  async of(token: string): Promise<string> {
    const { deviceId } = claimsOf(token);
    if (isId(deviceId)) return deviceId;
    // Where the store does not work it is another device from start to start: worse, but connected.
    return (this.own ??= this.settled().catch(mintId));
  }

  /** One tab after the other: two that start at the same moment are one device. */
  private async settled(): Promise<string> {
    if (!this.locks) return this.keptOrMinted();
    let id = '';
    const name = `parley device ${this.store.sharedAs ?? ''}`;
    const signal = AbortSignal.timeout(OTHERS_MAY_TAKE_MS);
    await this.locks.request(name, { signal }, async () => {
      id = await this.keptOrMinted();
    });
    return id;
  }

  private async keptOrMinted(): Promise<string> {
    const kept = await this.store.get(KEY);
    if (isId(kept)) return kept;
    const minted = mintId();
    await this.store.put(KEY, minted);
    return minted;
  }
}
