-- What happened to sources, and what other servers are to be told or have granted.

CREATE TABLE visit (
    id INTEGER PRIMARY KEY,
    origin TEXT NOT NULL,
    at INTEGER NOT NULL,
    result TEXT NOT NULL,
    new INTEGER NOT NULL,
    detail TEXT NOT NULL
);

CREATE INDEX visit_by_origin ON visit (origin, id);

-- Visits of one day of UTC, counted; `day` is written 2026-03-02.
CREATE TABLE day (
    origin TEXT NOT NULL,
    day TEXT NOT NULL,
    read INTEGER NOT NULL,
    unchanged INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    new INTEGER NOT NULL,
    PRIMARY KEY (origin, day)
);

-- In the order in which they became known: a clock may have been set back in between.
CREATE TABLE incident (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    origin TEXT NOT NULL,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    detail TEXT NOT NULL
);

CREATE TABLE errand (
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    made INTEGER NOT NULL,
    due INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    error TEXT NOT NULL,
    PRIMARY KEY (kind, target, subject)
);

CREATE TABLE subscription (
    origin TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- The newest posts of a source tell how often it has some; the expression is that of `CopyHead.sort_date`.
CREATE INDEX copy_by_date ON copy (origin, CASE
    WHEN published <= first_seen + 86400 THEN published
    WHEN updated <= first_seen + 86400 THEN updated
    ELSE first_seen
END, first_seen);
