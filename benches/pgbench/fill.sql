-- So many `orders` at once, for what reads or changes them, and as many documents if `body` is not empty.

-- What is made here refers to what is there.
SET session_replication_role = replica;
INSERT INTO address (customer_id, street, city, zip_code, country)
    SELECT id, 'Hauptstrasse 1', 'Berlin', '10115', 'DE' FROM customer;
INSERT INTO orders (customer_id, address_id, currency, total)
    SELECT 1 + n % 400, 1 + n % 400, 'EUR', 11982 FROM generate_series(1, :orders) n;
INSERT INTO order_line (order_id, place, product_id, name, quantity, unit_price)
    SELECT n, p, 'product-' || (n + p) % 500, 'Product ' || p || ' of the range', 2, 1995 + p
    FROM generate_series(1, :orders) n, generate_series(1, 3) p;
INSERT INTO order_event (order_id, version, type, actor, data)
    SELECT n, 1, 'placed', 'benches', '{"total": 11982}' FROM generate_series(1, :orders) n;
INSERT INTO document (customer_id, total, body)
    SELECT 'customer-' || n % 400, 11982, :'body' FROM generate_series(1, :orders) n WHERE :'body' <> '';
VACUUM (ANALYZE);
