-- One round trip: compare and set, and the event. Each order once: those after `base`, for `turn` counts
-- up from 0 in each of the `clients`.
\set id :base + :turn * :clients + :client_id + 1
\set turn :turn + 1
WITH moved AS (
    UPDATE orders SET status = 'processing', version = 2, updated_at = now()
    WHERE id = :id AND version = 1 AND status = 'confirmed' RETURNING id, version
)
INSERT INTO order_event (order_id, version, type, actor, data)
SELECT id, version, 'processing_started', 'benches', '{}' FROM moved;
