-- An order in one statement, its lines and its address in a document: `body`.
\set customer random(0, 399)
WITH placed AS (
    INSERT INTO document (customer_id, total, body)
    VALUES ('customer-' || :customer::int, 11982, :body) RETURNING id
)
INSERT INTO document_event (order_id, version, type, actor, data)
SELECT id, 1, 'placed', 'benches', '{"total": 11982}' FROM placed;
