-- Sessions with their tokens, and what a sign-in under way must remember. Keys are hashes.
CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, value TEXT, ends REAL);

CREATE TABLE IF NOT EXISTS upload (
    id TEXT PRIMARY KEY, urn TEXT, name TEXT, pupils TEXT, at TEXT DEFAULT CURRENT_TIMESTAMP
);

-- An upload counts from when it was last sent; its place in the table above is that of the first time.
CREATE TABLE IF NOT EXISTS sent (upload TEXT);

CREATE TABLE IF NOT EXISTS download (
    sub TEXT, name TEXT, organisation TEXT, urn TEXT, items TEXT, rows INTEGER,
    at TEXT DEFAULT CURRENT_TIMESTAMP
);
