-- The name of the history that this database holds; one row. It is replaced after a restore from a backup, because
-- versions and seqs that devices saw after the backup was made will be given out again for something else.
CREATE TABLE "messaging"."history_epoch" (
    "is_only" BOOLEAN NOT NULL DEFAULT true,
    "id" UUID NOT NULL,
    CONSTRAINT "history_epoch_pkey" PRIMARY KEY ("is_only"),
    CONSTRAINT "history_epoch_is_only_check" CHECK ("is_only")
);
INSERT INTO "messaging"."history_epoch" ("id") VALUES (gen_random_uuid());
