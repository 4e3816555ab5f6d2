-- The first schema. Moments are whole seconds since 1970 in UTC; values of the model are JSON text of `codec`.

CREATE TABLE origin (
    name TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    skipped TEXT NOT NULL,
    notes TEXT NOT NULL
);

CREATE TABLE file (
    origin TEXT NOT NULL REFERENCES origin (name),
    ref TEXT NOT NULL,
    mtime_ns INTEGER NOT NULL,
    size INTEGER NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (origin, ref)
);

-- Heads alone: merging reads all of them at every build, and text beside them would make that several times slower.
CREATE TABLE copy (
    id INTEGER PRIMARY KEY,
    origin TEXT NOT NULL REFERENCES origin (name),
    ref TEXT NOT NULL,
    key TEXT NOT NULL,
    post TEXT,
    settled INTEGER NOT NULL DEFAULT 0,
    source_id TEXT NOT NULL,
    public_id TEXT NOT NULL,
    title TEXT NOT NULL,
    link TEXT NOT NULL,
    published INTEGER,
    updated INTEGER,
    first_seen INTEGER NOT NULL,
    last_changed INTEGER NOT NULL,
    held_until INTEGER,
    digest TEXT NOT NULL,
    UNIQUE (origin, ref)
);

CREATE INDEX copy_by_key ON copy (key);
CREATE INDEX copy_by_post ON copy (post);
CREATE INDEX copy_by_source_id ON copy (origin, source_id);
CREATE INDEX copy_unsettled ON copy (origin, ref) WHERE settled = 0;

CREATE TABLE body (
    copy INTEGER PRIMARY KEY REFERENCES copy (id) ON DELETE CASCADE,
    entry TEXT NOT NULL,
    notes TEXT NOT NULL
);

CREATE TABLE ledger (
    key TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    first_seen INTEGER NOT NULL
);

CREATE INDEX ledger_by_id ON ledger (id);

CREATE TABLE feed (
    name TEXT PRIMARY KEY,
    id TEXT NOT NULL
);

CREATE TABLE fingerprint (
    path TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
