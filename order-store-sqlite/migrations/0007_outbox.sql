-- Orders that a relay holds because an event was refused. No `next_at`: it is parked until somebody sees
-- to it.
CREATE TABLE order_relay_stream (
    relay    TEXT NOT NULL,
    order_id TEXT NOT NULL,
    tries    INTEGER NOT NULL CHECK (tries >= 0),
    next_at  INTEGER,
    code     TEXT NOT NULL CHECK (length(code) BETWEEN 1 AND 200),
    since    INTEGER NOT NULL,
    PRIMARY KEY (relay, order_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX order_relay_stream_due ON order_relay_stream (relay, next_at) WHERE next_at IS NOT NULL;

-- The events of held orders that the relay has passed without publishing them.
CREATE TABLE order_relay_left (
    relay    TEXT NOT NULL,
    order_id TEXT NOT NULL,
    position INTEGER NOT NULL CHECK (position > 0),
    version  INTEGER NOT NULL CHECK (version > 0),
    ordinal  INTEGER NOT NULL CHECK (ordinal >= 0),
    at       INTEGER NOT NULL,
    PRIMARY KEY (relay, order_id, position)
) STRICT, WITHOUT ROWID;
