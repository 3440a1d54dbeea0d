export { MessageModule } from './app.module.js';
export { defaultCachedMembers, MessageConfig } from './config.js';
