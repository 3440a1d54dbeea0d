export { PresenceModule } from './app.module.js';
export { defaultLingerMs, PresenceConfig } from './config.js';
