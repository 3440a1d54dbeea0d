export { MessageModule } from './app.module.js';
export { defaultCachedMembers, MessageConfig } from './config.js';
export { AccountSettings } from './accounts/account-settings.js';
export { defaultCommandRate } from './accounts/device-rate-guard.js';
export { Accounts } from './accounts/accounts.js';
export { tellRecentRevocations } from './accounts/recent-revocations.js';
export { Republisher } from './republish/republisher.js';
