-- What filters made of posts, so that a build in which one post changed filters one; and the pages of posts.

CREATE TABLE passed (
    scope TEXT NOT NULL,
    item TEXT NOT NULL,
    print TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (scope, item)
);

CREATE TABLE page (
    recipe TEXT NOT NULL,
    post TEXT NOT NULL,
    head TEXT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (recipe, post)
);

-- Feeds that are made of the posts of another one, by what they have in common.
CREATE TABLE part (
    feed TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (feed, name)
);
