-- Orders that something is to happen to, or that somebody has to look at. No row for the others.
CREATE TABLE order_store.order_process (
    order_id  text COLLATE "C" PRIMARY KEY,
    version   bigint NOT NULL CHECK (version > 0),
    next_at   bigint,
    tries     bigint NOT NULL DEFAULT 0 CHECK (tries >= 0),
    trouble   text,
    attention text,
    CHECK (next_at IS NOT NULL OR attention IS NOT NULL)
);

CREATE INDEX order_process_due ON order_store.order_process (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX order_process_waiting ON order_store.order_process (order_id)
    WHERE attention IS NOT NULL;

-- What payment providers told. A row is kept when it is applied, so that it is known when it is told
-- again.
CREATE TABLE order_store.order_notice (
    provider    text COLLATE "C" NOT NULL,
    id          text COLLATE "C" NOT NULL,
    received_at bigint NOT NULL,
    state       text COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'applied', 'refused')),
    next_at     bigint,
    tries       bigint NOT NULL DEFAULT 0 CHECK (tries >= 0),
    code        text,
    notice      text NOT NULL,
    PRIMARY KEY (provider, id)
);

CREATE INDEX order_notice_due ON order_store.order_notice (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX order_notice_open ON order_store.order_notice (received_at) WHERE state <> 'applied';
