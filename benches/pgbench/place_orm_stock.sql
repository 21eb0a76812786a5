-- The same, reserving 3 of 30 hot products: last, so that they are locked for as short as can be, and in
-- one order.
\set customer random(0, 399)
\set first random(1, 10)
\set second random(11, 20)
\set third random(21, 30)
BEGIN;
SELECT id AS customer_id FROM customer WHERE code = 'customer-' || :customer::int \gset
INSERT INTO address (customer_id, street, city, zip_code, country) VALUES (:customer_id, 'Hauptstrasse 1', 'Berlin', '10115', 'DE') RETURNING id AS address_id \gset
INSERT INTO orders (customer_id, address_id, currency, total) VALUES (:customer_id, :address_id, 'EUR', 11970) RETURNING id AS order_id \gset
INSERT INTO order_line (order_id, place, product_id, name, quantity, unit_price) VALUES (:order_id, 1, 'hot-' || :first::int, 'Hot product', 2, 1995);
INSERT INTO order_line (order_id, place, product_id, name, quantity, unit_price) VALUES (:order_id, 2, 'hot-' || :second::int, 'Hot product', 2, 1995);
INSERT INTO order_line (order_id, place, product_id, name, quantity, unit_price) VALUES (:order_id, 3, 'hot-' || :third::int, 'Hot product', 2, 1995);
INSERT INTO order_event (order_id, version, type, actor, data) VALUES (:order_id, 1, 'placed', 'benches', '{"total": 11970}');
UPDATE product SET stock = stock - 2 WHERE id = 'hot-' || :first::int AND stock >= 2;
UPDATE product SET stock = stock - 2 WHERE id = 'hot-' || :second::int AND stock >= 2;
UPDATE product SET stock = stock - 2 WHERE id = 'hot-' || :third::int AND stock >= 2;
COMMIT;
