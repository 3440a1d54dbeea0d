import { defineConfig } from 'prisma/config';

// Only the Prisma command line reads this; the services take their urls from their own configuration.
export default defineConfig({
  schema: 'prisma/schema',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env.DATABASE_URL ?? 'postgresql://localhost/parley' },
});
