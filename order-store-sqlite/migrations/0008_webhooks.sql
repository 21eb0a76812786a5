-- Who wants which events, and where. `events` lists names, families and `*`; `secrets` is what requests
-- are signed with, so it cannot be a hash. `next_at` says from when on somebody may be given it: it is the
-- lease of whoever delivers, and the rest of an endpoint that fails.
CREATE TABLE order_webhook (
    id              TEXT NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 200),
    url             TEXT NOT NULL CHECK (length(url) BETWEEN 1 AND 2000),
    events          TEXT NOT NULL,
    description     TEXT,
    secrets         TEXT NOT NULL,
    disabled_since  INTEGER,
    disabled_reason TEXT,
    failing_since   INTEGER,
    next_at         INTEGER NOT NULL,
    version         INTEGER NOT NULL CHECK (version > 0),
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    CHECK ((disabled_since IS NULL) = (disabled_reason IS NULL))
) STRICT;

-- An event on its way to an endpoint. The event itself stays where it is. Of one subscription and one
-- order only the first that is pending has a `next_at`; the others wait for it.
CREATE TABLE order_webhook_delivery (
    subscription_id TEXT NOT NULL,
    position        INTEGER NOT NULL CHECK (position > 0),
    order_id        TEXT NOT NULL,
    version         INTEGER NOT NULL CHECK (version > 0),
    ordinal         INTEGER NOT NULL CHECK (ordinal >= 0),
    kind            TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
    tries           INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
    next_at         INTEGER,
    attempts        TEXT NOT NULL DEFAULT '[]',
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (subscription_id, position),
    CHECK (next_at IS NULL OR state = 'pending')
) STRICT, WITHOUT ROWID;

CREATE INDEX order_webhook_delivery_due ON order_webhook_delivery (subscription_id, next_at, position)
    WHERE next_at IS NOT NULL;
CREATE INDEX order_webhook_delivery_line ON order_webhook_delivery (subscription_id, order_id, position)
    WHERE state = 'pending';
CREATE INDEX order_webhook_delivery_by_state ON order_webhook_delivery (subscription_id, state, position);
CREATE INDEX order_webhook_delivery_by_age ON order_webhook_delivery (created_at);
