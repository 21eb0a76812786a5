-- Orders, their history, and what is found by them, in a schema of their own. Times are milliseconds
-- since the Unix epoch, UTC; amounts are minor units; texts that are compared are compared by bytes.
-- CHECKs repeat what the code guards, for whoever writes without it.
--
-- Every key and index of an order's own rows holds the order's id, so that they can be spread over
-- several machines by it. What is global: order_number, order_request, order_product, order_feed.

-- The state that serves reads.
CREATE TABLE order_store.order_state (
    id                 text COLLATE "C" PRIMARY KEY CHECK (id <> '' AND length(id) <= 200),
    version            bigint NOT NULL CHECK (version > 0),
    listed_at          bigint NOT NULL,
    updated_at         bigint NOT NULL,
    total              bigint NOT NULL CHECK (total >= 0),
    number             text COLLATE "C" NOT NULL CHECK (number <> '' AND length(number) <= 200),
    customer_id        text COLLATE "C" CHECK (customer_id <> '' AND length(customer_id) <= 200),
    status             text COLLATE "C" NOT NULL CHECK (status IN (
        'draft', 'pending', 'confirmed', 'processing', 'partially_shipped', 'shipped', 'delivered',
        'completed', 'cancelled', 'returned')),
    payment_status     text COLLATE "C" NOT NULL CHECK (payment_status IN (
        'unpaid', 'pending', 'authorized', 'partially_paid', 'paid', 'overpaid',
        'partially_refunded', 'refunded', 'voided', 'failed')),
    fulfillment_status text COLLATE "C" NOT NULL CHECK (fulfillment_status IN (
        'unfulfilled', 'partially_shipped', 'shipped', 'partially_delivered', 'delivered')),
    return_status      text COLLATE "C" NOT NULL CHECK (return_status IN (
        'none', 'requested', 'partially_returned', 'returned')),
    currency           text COLLATE "C" NOT NULL CHECK (length(currency) = 3),
    country            text COLLATE "C" CHECK (country <> '' AND length(country) <= 100),
    state              text NOT NULL
);

CREATE INDEX order_state_by_time ON order_store.order_state (listed_at, id);
CREATE INDEX order_state_by_customer ON order_store.order_state (customer_id, listed_at, id)
    WHERE customer_id IS NOT NULL;
CREATE INDEX order_state_by_status ON order_store.order_state (status, listed_at, id);
CREATE INDEX order_state_by_payment ON order_store.order_state (payment_status, listed_at, id);
CREATE INDEX order_state_by_fulfillment ON order_store.order_state
    (fulfillment_status, listed_at, id);

-- Which order has a number. A table of its own, because a number is unique everywhere.
CREATE TABLE order_store.order_number (
    number   text COLLATE "C" PRIMARY KEY,
    order_id text COLLATE "C" NOT NULL
);

-- What happened: the truth. Rows are only ever added.
CREATE TABLE order_store.order_event (
    order_id text COLLATE "C" NOT NULL,
    version  bigint NOT NULL CHECK (version > 0),
    ordinal  integer NOT NULL CHECK (ordinal >= 0),
    at       bigint NOT NULL,
    actor    text COLLATE "C" NOT NULL CHECK (actor <> '' AND length(actor) <= 200),
    type     text COLLATE "C" NOT NULL CHECK (type <> ''),
    event    text NOT NULL,
    PRIMARY KEY (order_id, version, ordinal)
);

CREATE FUNCTION order_store.order_event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'order_event is append-only' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER order_event_is_never_changed BEFORE UPDATE OR DELETE ON order_store.order_event
    FOR EACH ROW EXECUTE FUNCTION order_store.order_event_is_append_only();
CREATE TRIGGER order_event_is_never_emptied BEFORE TRUNCATE ON order_store.order_event
    FOR EACH STATEMENT EXECUTE FUNCTION order_store.order_event_is_append_only();

-- Personal data, beside the events so that it can be erased, and the words that the order is found
-- by: names and addresses are among them. The core cuts texts into words.
CREATE TABLE order_store.order_person (
    order_id text COLLATE "C" PRIMARY KEY,
    data     text,
    words    tsvector
);

CREATE INDEX order_person_by_words ON order_store.order_person USING gin (words);

-- Which orders have a line of a product.
CREATE TABLE order_store.order_product_index (
    product_id text COLLATE "C" NOT NULL,
    listed_at  bigint NOT NULL,
    order_id   text COLLATE "C" NOT NULL,
    PRIMARY KEY (product_id, listed_at, order_id)
);

-- Money that went back, for reports.
CREATE TABLE order_store.order_refund (
    order_id text COLLATE "C" NOT NULL,
    version  bigint NOT NULL CHECK (version > 0),
    ordinal  integer NOT NULL CHECK (ordinal >= 0),
    at       bigint NOT NULL,
    amount   bigint NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (order_id, version, ordinal)
);

-- Requests that were carried out. The fingerprint is the bit pattern of an unsigned number.
CREATE TABLE order_store.order_request (
    owner       text COLLATE "C" NOT NULL CHECK (owner <> '' AND length(owner) <= 200),
    key         text COLLATE "C" NOT NULL CHECK (key <> '' AND length(key) <= 200),
    fingerprint bigint NOT NULL,
    order_id    text COLLATE "C" NOT NULL,
    version     bigint NOT NULL CHECK (version > 0),
    at          bigint NOT NULL,
    PRIMARY KEY (owner, key)
);

-- `words` is what a product is found by: each of its words after a blank.
CREATE TABLE order_store.order_product (
    id          text COLLATE "C" PRIMARY KEY CHECK (id <> '' AND length(id) <= 200),
    name        text NOT NULL CHECK (name <> '' AND length(name) <= 500),
    description text,
    price       bigint NOT NULL CHECK (price >= 0),
    currency    text COLLATE "C" NOT NULL CHECK (length(currency) = 3),
    stock       bigint CONSTRAINT stock_is_never_below_zero CHECK (stock >= 0),
    category    text COLLATE "C" CHECK (category <> '' AND length(category) <= 100),
    version     bigint NOT NULL CHECK (version > 0),
    created_at  bigint NOT NULL,
    updated_at  bigint NOT NULL,
    words       text COLLATE "C" NOT NULL
) WITH (fillfactor = 50);

CREATE INDEX order_product_by_category ON order_store.order_product (category, id)
    WHERE category IS NOT NULL;

-- Trigrams make the search for products flat; without the extension it reads every product.
DO $$
DECLARE
    home name;
BEGIN
    BEGIN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
    EXCEPTION WHEN OTHERS THEN
        RAISE NOTICE 'pg_trgm is not to be had: %', SQLERRM;
    END;
    SELECT n.nspname INTO home FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
        WHERE e.extname = 'pg_trgm';
    IF home IS NOT NULL THEN
        EXECUTE format('CREATE INDEX order_product_by_words ON order_store.order_product
            USING gin (words %I.gin_trgm_ops)', home);
    END IF;
END $$;

CREATE TABLE order_store.order_credit_note (
    id        text COLLATE "C" PRIMARY KEY CHECK (id <> '' AND length(id) <= 200),
    issued_at bigint NOT NULL,
    currency  text COLLATE "C" NOT NULL CHECK (length(currency) = 3),
    country   text COLLATE "C" CHECK (country <> '' AND length(country) <= 100),
    total     bigint NOT NULL CHECK (total <= 0),
    data      text NOT NULL
);

-- Rows that an import refused. The line is the bit pattern of an unsigned number.
CREATE TABLE order_store.order_refused_row (
    source text COLLATE "C" NOT NULL,
    line   bigint NOT NULL,
    data   text NOT NULL,
    PRIMARY KEY (source, line)
);

CREATE SEQUENCE order_store.order_number_sequence;

-- Which commits were written together, in the order of their locks: the outbox. The sequencer gives
-- each row the position of its first event, so that positions are dense and never change.
CREATE TABLE order_store.order_feed (
    seq       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    first     bigint CHECK (first > 0),
    events    bigint NOT NULL CHECK (events > 0),
    order_ids text[] COLLATE "C" NOT NULL,
    versions  bigint[] NOT NULL,
    counts    bigint[] NOT NULL
);

CREATE UNIQUE INDEX order_feed_by_position ON order_store.order_feed (first)
    WHERE first IS NOT NULL;
CREATE INDEX order_feed_waiting ON order_store.order_feed (seq) WHERE first IS NULL;

-- Gives waiting rows their positions and says how many events got one. One sequencer works at a time,
-- the others do nothing. A function, so that the rows are looked at after the lock was taken.
CREATE FUNCTION order_store.order_feed_sequence(rows_max bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    base bigint;
    given bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('order_store.order_feed', 0)) THEN
        RETURN 0;
    END IF;
    SELECT f.first + f.events - 1 INTO base FROM order_store.order_feed f
        WHERE f.first IS NOT NULL ORDER BY f.first DESC LIMIT 1;
    WITH waiting AS (
        SELECT f.seq, f.events FROM order_store.order_feed f
        WHERE f.first IS NULL ORDER BY f.seq LIMIT rows_max
    ), placed AS (
        SELECT w.seq, (sum(w.events) OVER (ORDER BY w.seq))::bigint - w.events + 1 AS place
        FROM waiting w
    ), moved AS (
        UPDATE order_store.order_feed f SET first = coalesce(base, 0) + p.place
        FROM placed p WHERE f.seq = p.seq RETURNING f.events
    )
    SELECT coalesce(sum(events), 0) INTO given FROM moved;
    RETURN given;
END $$;

-- How far each relay has come, and who moves it.
CREATE TABLE order_store.order_relay (
    name     text COLLATE "C" PRIMARY KEY CHECK (name <> '' AND length(name) <= 200),
    position bigint NOT NULL CHECK (position >= 0),
    holder   text COLLATE "C" NOT NULL,
    until    bigint NOT NULL
);
