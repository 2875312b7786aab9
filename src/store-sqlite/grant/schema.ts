/** The one table of the authorization server's records (SQLite: https://www.sqlite.org/withoutrowid.html). */

/** Rises when the table changes; a newer file than the program knows is refused. */
export const grantSchemaVersion = 1;

export const grantSchema = `
  CREATE TABLE IF NOT EXISTS record (
    collection TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    revision INTEGER NOT NULL,
    expires INTEGER,
    consumed INTEGER,
    grant_id TEXT,
    owner TEXT,
    alias TEXT,
    PRIMARY KEY (collection, key)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX IF NOT EXISTS record_alias ON record (collection, alias) WHERE alias IS NOT NULL;
  CREATE INDEX IF NOT EXISTS record_grant ON record (grant_id) WHERE grant_id IS NOT NULL;
  CREATE INDEX IF NOT EXISTS record_owner ON record (collection, owner, key) WHERE owner IS NOT NULL;
  CREATE INDEX IF NOT EXISTS record_expires ON record (expires) WHERE expires IS NOT NULL;
`;
