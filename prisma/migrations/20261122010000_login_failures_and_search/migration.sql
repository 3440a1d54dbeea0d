-- Failed logins are counted here, not in a process: several processes serve logins, and a restart forgives nothing.
CREATE TABLE "messaging"."login_failures" (
    "subject" TEXT NOT NULL,
    "failures" INTEGER NOT NULL,
    "window_ends_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "login_failures_pkey" PRIMARY KEY ("subject")
);
CREATE INDEX "login_failures_window_ends_at_idx" ON "messaging"."login_failures" ("window_ends_at");

-- People are searched by the beginning of either name. An index in the database's own collation cannot find those.
CREATE INDEX "users_username_prefix_idx" ON "messaging"."users" ("username" text_pattern_ops);
CREATE INDEX "users_display_name_prefix_idx" ON "messaging"."users" (lower("display_name") text_pattern_ops);
DROP INDEX "messaging"."users_display_name_idx";
