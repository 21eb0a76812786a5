-- How far each relay has come along `order_event.position`, and who may move it.
CREATE TABLE order_relay (
    name     TEXT NOT NULL PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 200),
    position INTEGER NOT NULL CHECK (position >= 0),
    holder   TEXT NOT NULL CHECK (length(holder) = 36),
    until    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
