-- The date that a copy's post is ordered by while that copy wins, so that the newest posts are found without the rest.
ALTER TABLE copy ADD COLUMN shown INTEGER;

UPDATE copy SET shown = (
    SELECT CASE
        WHEN copy.published <= ledger.first_seen + 86400 THEN copy.published
        WHEN copy.updated <= ledger.first_seen + 86400 THEN copy.updated
        ELSE ledger.first_seen
    END
    FROM ledger WHERE ledger.key = copy.post
);

CREATE INDEX copy_by_shown ON copy (shown);
CREATE INDEX copy_of_origin_by_shown ON copy (origin, shown);
