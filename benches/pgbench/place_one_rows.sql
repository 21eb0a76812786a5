-- An order in one statement, its lines as rows.
\set customer random(0, 399)
\set product random(0, 496)
WITH customer AS (
    SELECT id FROM customer WHERE code = 'customer-' || :customer::int
), place AS (
    INSERT INTO address (customer_id, street, city, zip_code, country)
    SELECT id, 'Hauptstrasse 1', 'Berlin', '10115', 'DE' FROM customer RETURNING id, customer_id
), placed AS (
    INSERT INTO orders (customer_id, address_id, currency, total)
    SELECT customer_id, id, 'EUR', 11982 FROM place RETURNING id
), lines AS (
    INSERT INTO order_line (order_id, place, product_id, name, quantity, unit_price)
    SELECT placed.id, line.place, 'product-' || :product::int + line.place, line.name, 2, 1995 + line.place
    FROM placed, (VALUES (1, 'Product 1 of the range'), (2, 'Product 2 of the range'), (3, 'Product 3 of the range')) line (place, name)
)
INSERT INTO order_event (order_id, version, type, actor, data)
SELECT id, 1, 'placed', 'benches', '{"total": 11982}' FROM placed;
