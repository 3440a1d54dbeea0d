-- What a message replies to, whom it mentions, and who reacted to it with what. Most messages have none of it: nulls.
ALTER TABLE "messaging"."messages"
  ADD COLUMN "reply_to" UUID,
  ADD COLUMN "mentions" UUID[];
