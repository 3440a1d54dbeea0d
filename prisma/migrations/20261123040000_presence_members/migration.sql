-- The presence service's schema and the one role that may touch it, with its projection of who is a member of what.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'parley_presence') THEN
    CREATE ROLE parley_presence LOGIN;
  END IF;
END
$$;

CREATE SCHEMA IF NOT EXISTS "presence";
GRANT USAGE ON SCHEMA "presence" TO parley_presence;
ALTER DEFAULT PRIVILEGES IN SCHEMA "presence" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO parley_presence;
ALTER DEFAULT PRIVILEGES IN SCHEMA "presence" GRANT USAGE, SELECT ON SEQUENCES TO parley_presence;

CREATE TABLE "presence"."members" (
    "conversation_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "joined_version" BIGINT NOT NULL,
    "left_version" BIGINT,
    "visible_from_seq" BIGINT NOT NULL,
    CONSTRAINT "members_pkey" PRIMARY KEY ("conversation_id", "user_id")
);
-- Holds all that "who shares a conversation with whom" asks for.
CREATE INDEX "members_user_id_conversation_id_left_version_idx" ON "presence"."members" ("user_id", "conversation_id", "left_version");
