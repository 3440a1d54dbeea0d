export { GatewayModule } from './app.module.js';
export { GatewayConfig } from './config.js';
export { type GatewayLimitName, gatewayLimits, GatewayLimits } from './limits.js';
export { useSockets } from './sessions/socket-server.js';
