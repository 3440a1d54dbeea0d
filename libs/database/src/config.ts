import type { MigrateOptions } from './migrate.js';

/** For `npm run migrate` only; a service takes its url from its own configuration. */
export function readConfig(): MigrateOptions {
  const { DATABASE_ADMIN_URL, MESSAGE_DATABASE_PASSWORD, PRESENCE_DATABASE_PASSWORD } = process.env;
  if (!DATABASE_ADMIN_URL || !MESSAGE_DATABASE_PASSWORD || !PRESENCE_DATABASE_PASSWORD) {
    throw new Error(
      'DATABASE_ADMIN_URL (of a role that may create schemas and roles), MESSAGE_DATABASE_PASSWORD and ' +
        'PRESENCE_DATABASE_PASSWORD (for the roles parley_message and parley_presence) must be set.',
    );
  }
  return {
    adminUrl: DATABASE_ADMIN_URL,
    roles: { parley_message: MESSAGE_DATABASE_PASSWORD, parley_presence: PRESENCE_DATABASE_PASSWORD },
  };
}
