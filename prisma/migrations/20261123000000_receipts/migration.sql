-- How far each member has received and read. Both only rise. No row while a member has received nothing.
CREATE TABLE "messaging"."receipts" (
    "conversation_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "delivered_seq" BIGINT NOT NULL,
    "read_seq" BIGINT NOT NULL,
    "read_at" TIMESTAMPTZ(3),
    CONSTRAINT "receipts_pkey" PRIMARY KEY ("conversation_id", "user_id")
);
-- Marks move with every message: room on the page, and no index on what changes, keep those updates off the index.
ALTER TABLE "messaging"."receipts" SET (fillfactor = 70);
