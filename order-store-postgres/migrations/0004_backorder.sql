-- A product with `backorder` sells on when nothing is left: below zero, its stock says how many units are
-- owed.
--
-- `low_stock` is the stock if it is low, for lists of low stock, the lowest first; 1000 is
-- `LOW_STOCK_MAX`. A column of its own, because an index that names `stock` would have to be written with
-- every sale of every product; this one stays as it is while a well-filled stock moves.
ALTER TABLE order_store.order_product
    ADD COLUMN backorder boolean NOT NULL DEFAULT false,
    ADD COLUMN low_stock bigint GENERATED ALWAYS AS (CASE WHEN stock < 1000 THEN stock END) STORED,
    DROP CONSTRAINT stock_is_never_below_zero,
    ADD CONSTRAINT stock_is_below_zero_only_on_backorder CHECK (stock >= 0 OR backorder);

CREATE INDEX order_product_low ON order_store.order_product (low_stock, id) WHERE low_stock IS NOT NULL;
