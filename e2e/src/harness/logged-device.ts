import { type ParleyClient } from '@parley/client';
import { type DeviceLog } from '../history/index.js';

/** One device of one person, with everything it sees in the log. */
export interface LoggedDevice {
  readonly userId: string;
  readonly client: ParleyClient;
  readonly log: DeviceLog;
}
