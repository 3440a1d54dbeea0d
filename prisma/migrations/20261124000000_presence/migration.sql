-- Who is online, and who may know.
CREATE TYPE "presence"."presence_status" AS ENUM ('online', 'away', 'offline');
CREATE TYPE "presence"."visible_to" AS ENUM ('everybody', 'shared', 'nobody');

-- No row for people who were never connected.
CREATE TABLE "presence"."statuses" (
    "user_id" UUID NOT NULL,
    "status" "presence"."presence_status" NOT NULL,
    "last_active_at" TIMESTAMPTZ(3) NOT NULL,
    "version" BIGINT NOT NULL,
    "changed_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "statuses_pkey" PRIMARY KEY ("user_id")
);
-- Rows change with every coming and going: room on the page, and no index on what changes, keep that off the index.
ALTER TABLE "presence"."statuses" SET (fillfactor = 70);

-- Which taking over of a partition was the last one: whoever writes under an earlier one changes nothing.
CREATE TABLE "presence"."owners" (
    "partition" INTEGER NOT NULL,
    "epoch" BIGINT NOT NULL,
    CONSTRAINT "owners_pkey" PRIMARY KEY ("partition")
);

-- No row for people who never chose.
CREATE TABLE "presence"."privacy" (
    "user_id" UUID NOT NULL,
    "visible_to" "presence"."visible_to" NOT NULL,
    CONSTRAINT "privacy_pkey" PRIMARY KEY ("user_id")
);

CREATE TABLE "presence"."blocks" (
    "user_id" UUID NOT NULL,
    "other_user_id" UUID NOT NULL,
    CONSTRAINT "blocks_pkey" PRIMARY KEY ("user_id", "other_user_id")
);
