-- Orders that something is to happen to, or that somebody has to look at. No row for the others.
CREATE TABLE order_process (
    order_id  TEXT NOT NULL PRIMARY KEY,
    version   INTEGER NOT NULL CHECK (version > 0),
    next_at   INTEGER,
    tries     INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
    trouble   TEXT,
    attention TEXT,
    CHECK (next_at IS NOT NULL OR attention IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX order_process_due ON order_process (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX order_process_waiting ON order_process (order_id) WHERE attention IS NOT NULL;

-- What payment providers told. A row is kept when it is applied, so that it is known when it is told
-- again.
CREATE TABLE order_notice (
    provider    TEXT NOT NULL,
    id          TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('waiting', 'applied', 'refused')),
    next_at     INTEGER,
    tries       INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
    code        TEXT,
    notice      TEXT NOT NULL,
    PRIMARY KEY (provider, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX order_notice_due ON order_notice (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX order_notice_open ON order_notice (received_at) WHERE state <> 'applied';
