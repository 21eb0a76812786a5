-- Events of other services that changed the catalogue: each is known when it is told again.
CREATE TABLE order_taken (
    source   TEXT NOT NULL,
    id       TEXT NOT NULL,
    taken_at INTEGER NOT NULL,
    PRIMARY KEY (source, id)
) STRICT, WITHOUT ROWID;

-- For what is forgotten one day.
CREATE INDEX order_taken_by_time ON order_taken (taken_at);
CREATE INDEX order_notice_applied ON order_notice (received_at) WHERE state = 'applied';
