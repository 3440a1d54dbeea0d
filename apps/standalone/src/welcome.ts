import { demoPassword, demoUsernames } from './demo-users.js';

/** What whoever started it wants to know. */
export function welcome(url: string, dataDir: string): string {
  return `
Parley listens at ${url}: REST below /v1, socket.io at /socket.io

  users   ${demoUsernames.join(', ')} (password ${demoPassword})
  data    ${dataDir} (kept between starts)
  stop    Ctrl-C

Try it in a second terminal:

  npm run example${url.endsWith(':3000') ? '' : ` -- ${url}`}

`;
}
