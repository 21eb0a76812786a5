-- Events of other services that changed the catalogue: each is known when it is told again.
CREATE TABLE order_store.order_taken (
    source   text COLLATE "C" NOT NULL,
    id       text COLLATE "C" NOT NULL,
    taken_at bigint NOT NULL,
    PRIMARY KEY (source, id)
);

-- For what is forgotten one day.
CREATE INDEX order_taken_by_time ON order_store.order_taken (taken_at);
CREATE INDEX order_notice_applied ON order_store.order_notice (received_at) WHERE state = 'applied';
