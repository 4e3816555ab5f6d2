-- What must not come back, what was saved in files, and what the store itself has to remember.

ALTER TABLE copy ADD COLUMN saved INTEGER NOT NULL DEFAULT 0;

CREATE TABLE tombstone (
    post TEXT PRIMARY KEY,
    why TEXT NOT NULL,
    at INTEGER NOT NULL,
    detail TEXT NOT NULL,
    title TEXT NOT NULL
);

-- By what a post is recognised that was removed: keys, and ids of sources.
CREATE TABLE mark (
    mark TEXT NOT NULL,
    post TEXT NOT NULL REFERENCES tombstone (post) ON DELETE CASCADE,
    PRIMARY KEY (mark, post)
);

CREATE INDEX mark_by_post ON mark (post);

-- Posts that were saved as files; `place` is the folder.
CREATE TABLE saved (
    place TEXT NOT NULL,
    post TEXT NOT NULL,
    path TEXT NOT NULL,
    digest TEXT NOT NULL,
    made_from TEXT NOT NULL,
    PRIMARY KEY (place, post)
);

CREATE TABLE memo (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
