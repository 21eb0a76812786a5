-- Orders, their history, and what is found by them. Times are milliseconds since the Unix epoch, UTC;
-- amounts are minor units. CHECKs repeat what the code guards, for whoever writes without it.

-- The state that serves reads. `seq` is the row of `order_search`. The document comes last, so that
-- the columns before it are read without it.
CREATE TABLE order_state (
    seq                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 200),
    number             TEXT NOT NULL UNIQUE CHECK (length(number) BETWEEN 1 AND 200),
    version            INTEGER NOT NULL CHECK (version > 0),
    customer_id        TEXT CHECK (length(customer_id) BETWEEN 1 AND 200),
    status             TEXT NOT NULL CHECK (status IN (
        'draft', 'pending', 'confirmed', 'processing', 'partially_shipped', 'shipped', 'delivered',
        'completed', 'cancelled', 'returned')),
    payment_status     TEXT NOT NULL CHECK (payment_status IN (
        'unpaid', 'pending', 'authorized', 'partially_paid', 'paid', 'overpaid',
        'partially_refunded', 'refunded', 'voided', 'failed')),
    fulfillment_status TEXT NOT NULL CHECK (fulfillment_status IN (
        'unfulfilled', 'partially_shipped', 'shipped', 'partially_delivered', 'delivered')),
    return_status      TEXT NOT NULL CHECK (return_status IN (
        'none', 'requested', 'partially_returned', 'returned')),
    currency           TEXT NOT NULL CHECK (length(currency) = 3),
    country            TEXT CHECK (length(country) BETWEEN 1 AND 100),
    total              INTEGER NOT NULL CHECK (total >= 0),
    listed_at          INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    state              TEXT NOT NULL
) STRICT;

CREATE INDEX order_state_by_time ON order_state (listed_at, id);
CREATE INDEX order_state_by_customer ON order_state (customer_id, listed_at, id)
    WHERE customer_id IS NOT NULL;
CREATE INDEX order_state_by_status ON order_state (status, listed_at, id);
CREATE INDEX order_state_by_payment ON order_state (payment_status, listed_at, id);
CREATE INDEX order_state_by_fulfillment ON order_state (fulfillment_status, listed_at, id);

-- What happened: the truth. Rows are only ever added, so positions are dense.
CREATE TABLE order_event (
    position INTEGER PRIMARY KEY,
    order_id TEXT NOT NULL,
    version  INTEGER NOT NULL CHECK (version > 0),
    ordinal  INTEGER NOT NULL CHECK (ordinal >= 0),
    at       INTEGER NOT NULL,
    actor    TEXT NOT NULL CHECK (length(actor) BETWEEN 1 AND 200),
    type     TEXT NOT NULL CHECK (length(type) > 0),
    event    TEXT NOT NULL,
    UNIQUE (order_id, version, ordinal)
) STRICT;

CREATE TRIGGER order_event_is_never_changed BEFORE UPDATE ON order_event
BEGIN
    SELECT raise(ABORT, 'order_event is append-only');
END;

CREATE TRIGGER order_event_is_never_deleted BEFORE DELETE ON order_event
BEGIN
    SELECT raise(ABORT, 'order_event is append-only');
END;

-- Personal data, beside the events so that it can be erased.
CREATE TABLE order_person (
    order_id TEXT NOT NULL PRIMARY KEY,
    data     TEXT NOT NULL
) STRICT;

-- Which orders have a line of a product.
CREATE TABLE order_product_index (
    product_id TEXT NOT NULL,
    listed_at  INTEGER NOT NULL,
    order_id   TEXT NOT NULL,
    PRIMARY KEY (product_id, listed_at, order_id)
) STRICT, WITHOUT ROWID;

-- Money that went back, for reports.
CREATE TABLE order_refund (
    order_id TEXT NOT NULL,
    version  INTEGER NOT NULL CHECK (version > 0),
    ordinal  INTEGER NOT NULL CHECK (ordinal >= 0),
    at       INTEGER NOT NULL,
    amount   INTEGER NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (order_id, version, ordinal)
) STRICT, WITHOUT ROWID;

-- Requests that were carried out. The fingerprint is the bit pattern of an unsigned number.
CREATE TABLE order_request (
    owner       TEXT NOT NULL CHECK (length(owner) BETWEEN 1 AND 200),
    key         TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
    fingerprint INTEGER NOT NULL,
    order_id    TEXT NOT NULL,
    version     INTEGER NOT NULL CHECK (version > 0),
    at          INTEGER NOT NULL,
    PRIMARY KEY (owner, key)
) STRICT, WITHOUT ROWID;

-- `seq` is the row of `order_product_search`.
CREATE TABLE order_product (
    seq         INTEGER PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 200),
    name        TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 500),
    description TEXT,
    price       INTEGER NOT NULL CHECK (price >= 0),
    currency    TEXT NOT NULL CHECK (length(currency) = 3),
    stock       INTEGER CONSTRAINT stock_is_never_below_zero CHECK (stock >= 0),
    category    TEXT CHECK (length(category) BETWEEN 1 AND 100),
    version     INTEGER NOT NULL CHECK (version > 0),
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT;

CREATE INDEX order_product_by_category ON order_product (category, id) WHERE category IS NOT NULL;

CREATE TABLE order_credit_note (
    id        TEXT NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 200),
    issued_at INTEGER NOT NULL,
    currency  TEXT NOT NULL CHECK (length(currency) = 3),
    country   TEXT CHECK (length(country) BETWEEN 1 AND 100),
    total     INTEGER NOT NULL CHECK (total <= 0),
    data      TEXT NOT NULL
) STRICT;

-- Rows that an import refused. The line is the bit pattern of an unsigned number.
CREATE TABLE order_refused_row (
    source TEXT NOT NULL,
    line   INTEGER NOT NULL,
    data   TEXT NOT NULL,
    PRIMARY KEY (source, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE order_counter (
    name  TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL CHECK (value >= 0)
) STRICT, WITHOUT ROWID;

INSERT INTO order_counter (name, value) VALUES ('order_number', 0);

-- The words that orders and products are found by. The core cuts texts into words of letters and
-- digits of every script and separates them by blanks; this tokenizer keeps every such word as it is.
CREATE VIRTUAL TABLE order_search USING fts5(
    words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);

CREATE VIRTUAL TABLE order_product_search USING fts5(
    words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);
