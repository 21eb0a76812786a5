-- An order as an ORM places it: several statements, one transaction.
\set customer random(0, 399)
\set product random(0, 496)
BEGIN;
SELECT id AS customer_id FROM customer WHERE code = 'customer-' || :customer::int \gset
INSERT INTO address (customer_id, street, city, zip_code, country) VALUES (:customer_id, 'Hauptstrasse 1', 'Berlin', '10115', 'DE') RETURNING id AS address_id \gset
INSERT INTO orders (customer_id, address_id, currency, total) VALUES (:customer_id, :address_id, 'EUR', 11982) RETURNING id AS order_id \gset
INSERT INTO order_line (order_id, place, product_id, name, quantity, unit_price) VALUES (:order_id, 1, 'product-' || :product::int + 1, 'Product 1 of the range', 2, 1996);
INSERT INTO order_line (order_id, place, product_id, name, quantity, unit_price) VALUES (:order_id, 2, 'product-' || :product::int + 2, 'Product 2 of the range', 2, 1997);
INSERT INTO order_line (order_id, place, product_id, name, quantity, unit_price) VALUES (:order_id, 3, 'product-' || :product::int + 3, 'Product 3 of the range', 2, 1998);
INSERT INTO order_event (order_id, version, type, actor, data) VALUES (:order_id, 1, 'placed', 'benches', '{"total": 11982}');
COMMIT;
