-- Sums over orders: of one dimension and key (all orders, a country, a product, …), in one bucket of time
-- that begins at `bucket` and is as long as its grain says, and in one currency. An amount is two halves,
-- billions and the rest, since the sum of all orders may need more than 64 bits.
CREATE TABLE order_figure (
    dimension        TEXT NOT NULL CHECK (dimension IN
        ('all', 'country', 'product', 'customer', 'status', 'shipped', 'delivered')),
    grain            TEXT NOT NULL CHECK (grain IN ('quarter', 'day', 'month', 'year')),
    bucket           INTEGER NOT NULL,
    currency         TEXT NOT NULL CHECK (length(currency) = 3),
    key              TEXT NOT NULL,
    orders           INTEGER NOT NULL,
    cancelled_orders INTEGER NOT NULL,
    units            INTEGER NOT NULL,
    notes            INTEGER NOT NULL,
    sales_high       INTEGER NOT NULL,
    sales_low        INTEGER NOT NULL CHECK (sales_low BETWEEN 0 AND 999999999),
    cancelled_high   INTEGER NOT NULL,
    cancelled_low    INTEGER NOT NULL CHECK (cancelled_low BETWEEN 0 AND 999999999),
    refunds_high     INTEGER NOT NULL,
    refunds_low      INTEGER NOT NULL CHECK (refunds_low BETWEEN 0 AND 999999999),
    credits_high     INTEGER NOT NULL,
    credits_low      INTEGER NOT NULL CHECK (credits_low BETWEEN 0 AND 999999999),
    PRIMARY KEY (dimension, grain, bucket, currency, key)
) STRICT, WITHOUT ROWID;

-- Up to which position of the feed events are in the figures; none before they are counted first. One row.
CREATE TABLE order_figure_place (
    id       INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    position INTEGER CHECK (position >= 0)
) STRICT;

INSERT INTO order_figure_place (id, position) VALUES (1, NULL);
