-- Sums over orders: of one dimension and key (all orders, a country, a product, …), in one bucket of time
-- that begins at `bucket` and is as long as its grain says, and in one currency. An amount is two halves,
-- billions and the rest, since the sum of all orders may need more than 64 bits. Rows change often and
-- never in what they are found by: room in each page lets them stay in it.
CREATE TABLE order_store.order_figure (
    dimension        text COLLATE "C" NOT NULL CHECK (dimension IN
        ('all', 'country', 'product', 'customer', 'status', 'shipped', 'delivered')),
    grain            text COLLATE "C" NOT NULL
        CHECK (grain IN ('quarter', 'day', 'month', 'year')),
    bucket           bigint NOT NULL,
    currency         text COLLATE "C" NOT NULL CHECK (length(currency) = 3),
    key              text COLLATE "C" NOT NULL,
    orders           bigint NOT NULL,
    cancelled_orders bigint NOT NULL,
    units            bigint NOT NULL,
    notes            bigint NOT NULL,
    sales_high       bigint NOT NULL,
    sales_low        bigint NOT NULL CHECK (sales_low BETWEEN 0 AND 999999999),
    cancelled_high   bigint NOT NULL,
    cancelled_low    bigint NOT NULL CHECK (cancelled_low BETWEEN 0 AND 999999999),
    refunds_high     bigint NOT NULL,
    refunds_low      bigint NOT NULL CHECK (refunds_low BETWEEN 0 AND 999999999),
    credits_high     bigint NOT NULL,
    credits_low      bigint NOT NULL CHECK (credits_low BETWEEN 0 AND 999999999),
    PRIMARY KEY (dimension, grain, bucket, currency, key)
) WITH (fillfactor = 80);

-- Up to which position of the feed events are in the figures; none before they are counted first. One row:
-- whoever changes figures changes or locks it first.
CREATE TABLE order_store.order_figure_place (
    id       integer PRIMARY KEY CHECK (id = 1),
    position bigint CHECK (position >= 0)
);

INSERT INTO order_store.order_figure_place (id, position) VALUES (1, NULL);
