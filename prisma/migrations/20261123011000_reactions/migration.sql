-- Who reacted with what. What the rows of one message say together stands in the message too, so that reading a page of
-- messages reads one table: few have reactions, and those are read far more often than they change.
CREATE TABLE "messaging"."reactions" (
    "conversation_id" UUID NOT NULL,
    "seq" BIGINT NOT NULL,
    "emoji" TEXT NOT NULL,
    "user_id" UUID NOT NULL,
    "version" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "reactions_pkey" PRIMARY KEY ("conversation_id", "seq", "emoji", "user_id")
);

ALTER TABLE "messaging"."messages" ADD COLUMN "reactions" JSON;
