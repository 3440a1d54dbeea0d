CREATE TYPE "messaging"."presence_visibility" AS ENUM ('everybody', 'shared', 'nobody');
ALTER TABLE "messaging"."users"
  ADD COLUMN "presence_visible_to" "messaging"."presence_visibility" NOT NULL DEFAULT 'shared';

-- A block is a state of the direct conversation of the two, so that it is ordered with what they write.
CREATE TABLE "messaging"."blocks" (
    "user_id" UUID NOT NULL,
    "blocked_user_id" UUID NOT NULL,
    "conversation_id" UUID NOT NULL,
    "blocked_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "blocks_pkey" PRIMARY KEY ("user_id", "blocked_user_id")
);
CREATE INDEX "blocks_conversation_id_idx" ON "messaging"."blocks" ("conversation_id");
CREATE INDEX "blocks_user_id_blocked_at_idx" ON "messaging"."blocks" ("user_id", "blocked_at");

-- False for one that came to be by a block: nobody is shown it before somebody writes or creates it.
ALTER TABLE "messaging"."conversations" ADD COLUMN "is_listed" BOOLEAN NOT NULL DEFAULT true;

-- People are found by the beginning of any word in their display name. Each term is the name from one of its words on,
-- so that "love" and "ada love" both are the beginning of a term of Ada Lovelace. Kept right by a trigger, because it is
-- an index that PostgreSQL does not have; compared byte by byte, so that one index finds, orders and pages.
CREATE TABLE "messaging"."user_search_terms" (
    "term" TEXT COLLATE "C" NOT NULL,
    "user_id" UUID NOT NULL,
    CONSTRAINT "user_search_terms_pkey" PRIMARY KEY ("term", "user_id"),
    CONSTRAINT "user_search_terms_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "messaging"."users" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "user_search_terms_user_id_term_idx" ON "messaging"."user_search_terms" ("user_id", "term");

CREATE FUNCTION "messaging"."search_terms_of" (name TEXT) RETURNS SETOF TEXT LANGUAGE sql IMMUTABLE AS $$
  SELECT DISTINCT substr(folded, place)
  FROM (SELECT lower(name COLLATE "pg_c_utf8") AS folded) f, generate_series(1, length(folded)) AS place
  WHERE place = 1 OR substr(folded, place - 1, 2) ~ '^\W\w'
$$;

CREATE FUNCTION "messaging"."replace_search_terms" () RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    DELETE FROM messaging.user_search_terms WHERE user_id = NEW.id;
  END IF;
  INSERT INTO messaging.user_search_terms (term, user_id)
    SELECT term, NEW.id FROM messaging.search_terms_of(NEW.display_name) AS term;
  RETURN NULL;
END
$$;
CREATE TRIGGER "users_search_terms" AFTER INSERT OR UPDATE OF "display_name" ON "messaging"."users"
  FOR EACH ROW EXECUTE FUNCTION "messaging"."replace_search_terms" ();

INSERT INTO "messaging"."user_search_terms" ("term", "user_id")
  SELECT term, u.id FROM "messaging"."users" u CROSS JOIN LATERAL "messaging"."search_terms_of" (u.display_name) AS term;
DROP INDEX "messaging"."users_display_name_prefix_idx";
