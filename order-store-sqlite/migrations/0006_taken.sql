-- Events of other services that changed the catalogue: each is known when it is told again.
CREATE TABLE order_taken (
    source   TEXT NOT NULL,
    id       TEXT NOT NULL,
    taken_at INTEGER NOT NULL,
    PRIMARY KEY (source, id)
) STRICT, WITHOUT ROWID;
