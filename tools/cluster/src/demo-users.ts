export const demoPassword = 'parley-demo';
export const demoUsernames = ['ada', 'grace', 'linus'] as const;

/** The same people as in standalone, so that the example works here too. @throws Error where one is refused */
export async function registerDemoUsers(url: string): Promise<void> {
  await Promise.all(demoUsernames.map((username) => register(url, username)));
}

async function register(url: string, username: string): Promise<void> {
  const displayName = username.charAt(0).toUpperCase() + username.slice(1);
  const response = await fetch(`${url}/v1/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password: demoPassword, displayName }),
  });
  // 409: there since an earlier start.
  if (!response.ok && response.status !== 409) {
    throw new Error(`The demo user ${username} could not be registered: ${await response.text()}`);
  }
}
