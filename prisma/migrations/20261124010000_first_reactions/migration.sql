-- Who were the first to react: found without reading all who did, under the lock of the conversation.
CREATE INDEX "reactions_conversation_id_seq_emoji_version_idx"
    ON "messaging"."reactions" ("conversation_id", "seq", "emoji", "version");
