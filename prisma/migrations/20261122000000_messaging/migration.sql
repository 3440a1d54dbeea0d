-- Accounts, conversations, members, messages: the message service's schema and the one role that may touch it.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'parley_message') THEN
    CREATE ROLE parley_message LOGIN;
  END IF;
END
$$;

CREATE SCHEMA IF NOT EXISTS "messaging";
GRANT USAGE ON SCHEMA "messaging" TO parley_message;
ALTER DEFAULT PRIVILEGES IN SCHEMA "messaging" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO parley_message;
ALTER DEFAULT PRIVILEGES IN SCHEMA "messaging" GRANT USAGE, SELECT ON SEQUENCES TO parley_message;

CREATE TYPE "messaging"."conversation_kind" AS ENUM ('direct', 'group');
CREATE TYPE "messaging"."history_for_new_members" AS ENUM ('all', 'none');
CREATE TYPE "messaging"."member_role" AS ENUM ('owner', 'admin', 'member');

CREATE TABLE "messaging"."users" (
    "id" UUID NOT NULL,
    "username" TEXT NOT NULL,
    "display_name" TEXT NOT NULL,
    "password_hash" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "users_username_key" ON "messaging"."users" ("username");
CREATE INDEX "users_display_name_idx" ON "messaging"."users" ("display_name");

CREATE TABLE "messaging"."devices" (
    "user_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revoked_at" TIMESTAMPTZ(3),
    CONSTRAINT "devices_pkey" PRIMARY KEY ("user_id", "id"),
    CONSTRAINT "devices_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "messaging"."users" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE TABLE "messaging"."refresh_tokens" (
    "hash" BYTEA NOT NULL,
    "user_id" UUID NOT NULL,
    "device_id" UUID NOT NULL,
    "issued_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "replaced_at" TIMESTAMPTZ(3),
    CONSTRAINT "refresh_tokens_pkey" PRIMARY KEY ("hash"),
    CONSTRAINT "refresh_tokens_user_id_device_id_fkey" FOREIGN KEY ("user_id", "device_id") REFERENCES "messaging"."devices" ("user_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX "refresh_tokens_user_id_device_id_idx" ON "messaging"."refresh_tokens" ("user_id", "device_id");
CREATE INDEX "refresh_tokens_expires_at_idx" ON "messaging"."refresh_tokens" ("expires_at");

CREATE TABLE "messaging"."account_outbox" (
    "id" BIGSERIAL NOT NULL,
    "user_id" UUID NOT NULL,
    "record" TEXT NOT NULL,
    CONSTRAINT "account_outbox_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "messaging"."conversations" (
    "id" UUID NOT NULL,
    "kind" "messaging"."conversation_kind" NOT NULL,
    "name" TEXT,
    "history_for_new_members" "messaging"."history_for_new_members" NOT NULL DEFAULT 'all',
    "version" BIGINT NOT NULL,
    "last_seq" BIGINT NOT NULL DEFAULT 0,
    "changed_version" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "conversations_pkey" PRIMARY KEY ("id")
);
-- Every message updates its conversation: room on the page keeps those updates off the index.
ALTER TABLE "messaging"."conversations" SET (fillfactor = 70);

CREATE TABLE "messaging"."members" (
    "conversation_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "role" "messaging"."member_role" NOT NULL,
    "version" BIGINT NOT NULL,
    "joined_version" BIGINT NOT NULL,
    "left_version" BIGINT,
    "visible_from_seq" BIGINT NOT NULL,
    CONSTRAINT "members_pkey" PRIMARY KEY ("conversation_id", "user_id"),
    CONSTRAINT "members_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "messaging"."conversations" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX "members_conversation_id_version_idx" ON "messaging"."members" ("conversation_id", "version");
CREATE INDEX "members_user_id_conversation_id_idx" ON "messaging"."members" ("user_id", "conversation_id");

-- The foreign key to conversations is left out on purpose: the statement that inserts a message has just locked and
-- raised its conversation's row, and the check costs a lookup and a row lock per message.
CREATE TABLE "messaging"."messages" (
    "conversation_id" UUID NOT NULL,
    "seq" BIGINT NOT NULL,
    "id" UUID NOT NULL,
    "version" BIGINT NOT NULL,
    "created_version" BIGINT NOT NULL,
    "sender_id" UUID NOT NULL,
    "text" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "edited_at" TIMESTAMPTZ(3),
    "deleted_at" TIMESTAMPTZ(3),
    "command_partition" INTEGER NOT NULL,
    "command_offset" BIGINT NOT NULL,
    "command_index" INTEGER NOT NULL,
    CONSTRAINT "messages_pkey" PRIMARY KEY ("conversation_id", "seq")
);
CREATE UNIQUE INDEX "messages_conversation_id_id_key" ON "messaging"."messages" ("conversation_id", "id");
CREATE INDEX "messages_conversation_id_version_idx" ON "messaging"."messages" ("conversation_id", "version");

CREATE TABLE "messaging"."command_results" (
    "conversation_id" UUID NOT NULL,
    "command_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "result" TEXT NOT NULL,
    "command_partition" INTEGER NOT NULL,
    "command_offset" BIGINT NOT NULL,
    "command_index" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "command_results_pkey" PRIMARY KEY ("conversation_id", "command_id")
);
CREATE INDEX "command_results_created_at_idx" ON "messaging"."command_results" ("created_at");
