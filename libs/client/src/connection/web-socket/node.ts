import { WebSocket as NodeWebSocket } from 'ws';

/** For Node, whose own WebSocket is young, and waits for a server that has stopped when it is to close. */
export const openWebSocket = (url: string): WebSocket =>
  new NodeWebSocket(url, { perMessageDeflate: false }) as unknown as WebSocket;
