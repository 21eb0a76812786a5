-- Orders that a relay holds because an event was refused. No `next_at`: it is parked until somebody sees
-- to it. Both tables are a relay's, not an order's: they stay where `order_relay` is.
CREATE TABLE order_store.order_relay_stream (
    relay    text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    tries    bigint NOT NULL CHECK (tries >= 0),
    next_at  bigint,
    code     text COLLATE "C" NOT NULL CHECK (code <> '' AND length(code) <= 200),
    since    bigint NOT NULL,
    PRIMARY KEY (relay, order_id)
);

CREATE INDEX order_relay_stream_due ON order_store.order_relay_stream (relay, next_at)
    WHERE next_at IS NOT NULL;

-- The events of held orders that the relay has passed without publishing them.
CREATE TABLE order_store.order_relay_left (
    relay    text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    position bigint NOT NULL CHECK (position > 0),
    version  bigint NOT NULL CHECK (version > 0),
    ordinal  integer NOT NULL CHECK (ordinal >= 0),
    at       bigint NOT NULL,
    PRIMARY KEY (relay, order_id, position)
);
