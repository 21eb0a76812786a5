-- A product with `backorder` sells on when nothing is left: below zero, its stock says how many units are
-- owed. SQLite cannot change a CHECK, so the table is made anew; `seq`, and with it the row of
-- `order_product_search`, stays.
CREATE TABLE order_product_next (
    seq         INTEGER PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 200),
    name        TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 500),
    description TEXT,
    price       INTEGER NOT NULL CHECK (price >= 0),
    currency    TEXT NOT NULL CHECK (length(currency) = 3),
    stock       INTEGER,
    backorder   INTEGER NOT NULL DEFAULT 0 CHECK (backorder IN (0, 1)),
    category    TEXT CHECK (length(category) BETWEEN 1 AND 100),
    version     INTEGER NOT NULL CHECK (version > 0),
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    CONSTRAINT stock_is_below_zero_only_on_backorder CHECK (stock >= 0 OR backorder)
) STRICT;

INSERT INTO order_product_next (seq, id, name, description, price, currency, stock, category, version,
        created_at, updated_at)
    SELECT seq, id, name, description, price, currency, stock, category, version, created_at, updated_at
    FROM order_product;

DROP TABLE order_product;
ALTER TABLE order_product_next RENAME TO order_product;

CREATE INDEX order_product_by_category ON order_product (category, id) WHERE category IS NOT NULL;

-- Lists of low stock, the lowest first. 1000 is `LOW_STOCK_MAX`.
CREATE INDEX order_product_low ON order_product (stock, id) WHERE stock < 1000;
