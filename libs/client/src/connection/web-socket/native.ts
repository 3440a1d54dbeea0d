/** The browser's own. */
export const openWebSocket = (url: string): WebSocket => new WebSocket(url);
