-- Archives: closed blocks of a feed's history, and what deciding about them needs to know of a copy.

ALTER TABLE copy ADD COLUMN weight INTEGER NOT NULL DEFAULT 0;
ALTER TABLE copy ADD COLUMN late INTEGER NOT NULL DEFAULT 0;
ALTER TABLE copy ADD COLUMN second_hand INTEGER NOT NULL DEFAULT 0;

-- An estimate, until the copy is written again.
UPDATE copy SET (weight, second_hand) = (
    SELECT 1200 + length(CAST(entry AS BLOB)) * 5 / 4, json_extract(entry, '$.origin') IS NOT NULL
    FROM body WHERE body.copy = copy.id
);

CREATE INDEX copy_by_title ON copy (origin, title);
CREATE INDEX copy_held ON copy (held_until) WHERE held_until IS NOT NULL;

CREATE TABLE block (
    feed TEXT NOT NULL,
    number INTEGER NOT NULL,
    digest TEXT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (feed, number)
);

CREATE TABLE archived (
    feed TEXT NOT NULL,
    key TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (feed, key)
);

-- Counts whatever may change a document, so that a build in which nothing changed need not look at the copies.
CREATE TABLE counter (
    changes INTEGER NOT NULL
);

INSERT INTO counter VALUES (1);
